// swagger-ui-dist brings no types: what the page of the API uses of it.
declare module 'swagger-ui-dist/swagger-ui-es-bundle.js' {
  export interface Options {
    readonly url: string;
    readonly domNode: Element;
    readonly deepLinking: boolean;
    readonly filter: boolean;
    readonly defaultModelsExpandDepth: number;
    readonly validatorUrl: string | null;
  }
  export default function SwaggerUI(options: Options): unknown;
}
