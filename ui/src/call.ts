// Starts a co-host's page.
import './styles/base.css';
import { mount } from 'svelte';
import App from './call/App.svelte';
import { words } from './i18n/i18n.svelte';

words.begin();
mount(App, { target: document.getElementById('app') ?? document.body });
