// Shows the description of the API, as this server has it, to people. Only this page loads what it is shown with.
import 'swagger-ui-dist/swagger-ui.css';
import './styles/api.css';
import SwaggerUI from 'swagger-ui-dist/swagger-ui-es-bundle.js';

SwaggerUI({
  url: '/api/v1/openapi.json',
  domNode: document.getElementById('api') ?? document.body,
  deepLinking: true,
  filter: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
});
