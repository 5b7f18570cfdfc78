//! The description of the API (OpenAPI 3.1): made of the types that cross the wire, the table of endpoints, and words.
//!
//! `GET /api/v1/openapi.json` serves it, `GET /api` shows it to people, `openapi.json` in the repository is a copy of it.

mod codes;
mod house;
mod media;
mod operation;
mod people;
mod show;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, Method};
use axum::response::{IntoResponse, Response};
use utoipa::ToSchema;
use utoipa::openapi::path::{HttpMethod, PathItem, Paths};
use utoipa::openapi::schema::{AdditionalProperties, ComponentsBuilder, Object};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, RefOr, Schema, Server};

use self::operation::{BEARER, Components, Operation, Refusals, SESSION};
use super::access::{COOKIE, endpoints};
use super::body::JSON;
use super::live::Incoming;
use super::messages::Outgoing;

/// The tags in the order in which people read them.
const TAGS: [(&str, &str); 10] = [
    ("Show", "What is on air, and everything that may be asked of it."),
    ("Buttons", "Commands as plain addresses, for button boxes: POST with an empty body."),
    ("As-run and rundown", "What happened, and what should."),
    ("People", "Who signs in, and which machines have keys."),
    ("Links", "What opens the seats of cities and co-hosts."),
    ("Channels", "What can be watched, and who needs a code for it."),
    ("Publish (WHIP)", "A city publishes (RFC 9725), with the token of one of its links."),
    ("Watch (WHEP)", "A viewer watches (draft-ietf-wish-whep)."),
    ("Radio", "The sound alone, for players and phones."),
    ("House", "For those who look after the server."),
];

/// What stands at the beginning.
const ABOUT: &str = "A live-stream director and multi-channel switcher for multi-city evenings.

Everything that the pages do they do by this API. A refusal has a status, a stable `code` and a `message` that says what \
arrived, what was needed and what mends it. Times are whole microseconds: of the event clock (`ShowTime`), or of the wall \
clock (`WallTime`). A browser's requests that change something must come from this server's own pages.";

/// The text, made once.
static TEXT: LazyLock<String> = LazyLock::new(|| {
    let mut text = document().to_pretty_json().expect("a description is plain data with text keys");
    text.push('\n');
    text
});

/// The description as JSON, always the same for one version of the server.
pub fn description() -> &'static str {
    &TEXT
}

/// GET: the description.
pub(super) async fn tell() -> Response {
    let headers =
        [(CONTENT_TYPE, HeaderValue::from_static(JSON)), (CACHE_CONTROL, HeaderValue::from_static("no-cache"))];
    (headers, description()).into_response()
}

/// All endpoints in words.
fn operations() -> Vec<Operation> {
    [show::operations(), people::operations(), media::operations(), house::operations()].into_iter().flatten().collect()
}

fn document() -> OpenApi {
    let table: Vec<_> = endpoints().collect();
    let mut paths = Paths::new();
    let mut components = of::<Outgoing<'_>>();
    components.extend(of::<Incoming>());
    let mut refusals = Refusals::default();
    for operation in operations() {
        let is_it =
            |endpoint: &&super::Endpoint| endpoint.method == operation.method && endpoint.path == operation.path;
        // What has words but no row cannot be asked for. A test holds the two to each other.
        let Some(endpoint) = table.iter().find(is_it) else { continue };
        let (path, method) = (operation.path, http_method(&operation.method));
        let (written, named) = operation.written(endpoint, &mut refusals);
        paths.merge(path_of(path, method, written));
        components.extend(named);
    }
    let schemas: BTreeMap<_, _> = components.into_iter().map(|(name, schema)| (name, strict(schema))).collect();
    let tags = TAGS.map(|(name, about)| TagBuilder::new().name(name).description(Some(about)).build());
    let pages = TagBuilder::new().name("Pages").description(Some("What people open in a browser.")).build();
    OpenApiBuilder::new()
        .info(InfoBuilder::new().title("Regia").version(env!("CARGO_PKG_VERSION")).description(Some(ABOUT)).license(
            Some(LicenseBuilder::new().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0")).build()),
        ))
        .servers(Some([Server::new("/")]))
        .tags(Some(tags.into_iter().chain([pages])))
        .paths(paths)
        .components(Some(
            ComponentsBuilder::new()
                .schemas_from_iter(schemas)
                .responses_from_iter(refusals.responses())
                .security_scheme(SESSION, session_scheme())
                .security_scheme(BEARER, bearer_scheme())
                .build(),
        ))
        .build()
}

/// The schemas of a type and of all that it refers to.
fn of<T: ToSchema>() -> Components {
    let mut components = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut components);
    components
}

fn path_of(path: &str, method: HttpMethod, operation: utoipa::openapi::path::Operation) -> Paths {
    let mut paths = Paths::new();
    paths.paths.insert(path.to_owned(), PathItem::new(method, operation));
    paths
}

fn http_method(method: &Method) -> HttpMethod {
    match method.as_str() {
        "POST" => HttpMethod::Post,
        "PUT" => HttpMethod::Put,
        "PATCH" => HttpMethod::Patch,
        "DELETE" => HttpMethod::Delete,
        "HEAD" => HttpMethod::Head,
        "OPTIONS" => HttpMethod::Options,
        _ => HttpMethod::Get,
    }
}

/// The variants of tagged enums have no fields but their own, which the derive says of structs only; and they are called by
/// their tags.
fn strict(mut schema: RefOr<Schema>) -> RefOr<Schema> {
    if let RefOr::T(Schema::OneOf(one_of)) = &mut schema {
        for variant in &mut one_of.items {
            if let RefOr::T(Schema::Object(object)) = variant
                && object.additional_properties.is_none()
                && !object.properties.is_empty()
            {
                object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
                object.title = object.properties.values().find_map(only_word);
            }
        }
    }
    schema
}

/// The one word that a tag can be.
fn only_word(schema: &RefOr<Schema>) -> Option<String> {
    let RefOr::T(Schema::Object(Object { enum_values: Some(words), .. })) = schema else { return None };
    match &words[..] {
        [word] => word.as_str().map(str::to_owned),
        _ => None,
    }
}

fn session_scheme() -> SecurityScheme {
    let about = "The cookie of `POST /api/v1/session`. It counts on requests of this server's own pages.";
    SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(COOKIE, about)))
}

fn bearer_scheme() -> SecurityScheme {
    let about = "An API key, the token of a link, or the access code of a channel.";
    SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(about)).build())
}

#[cfg(test)]
mod tests;
