// Starts the watch page.
import './styles/base.css';
import { mount } from 'svelte';
import { words } from './i18n/i18n.svelte';
import App from './watch/App.svelte';

words.begin();
mount(App, { target: document.getElementById('app') ?? document.body });
