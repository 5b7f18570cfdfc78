// Starts the console.
import './styles/base.css';
import { mount } from 'svelte';
import { words } from './i18n/i18n.svelte';
import App from './console/App.svelte';

words.begin();
mount(App, { target: document.getElementById('app') ?? document.body });
