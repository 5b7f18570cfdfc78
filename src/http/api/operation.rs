//! One endpoint in words: what it is for, what it takes, what it answers. Who may use it is the table's to say, and from
//! there come the keys that it needs and the refusals of who has none.

use std::collections::BTreeMap;

use axum::http::Method;
use serde_json::Value;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation as Written, OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{AllOfBuilder, Object, ObjectBuilder, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Content, ContentBuilder, Ref, RefOr, Required, Response, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::codes;
use crate::http::access::{Admits, Endpoint, Pages};
use crate::http::body::JSON;
use crate::http::error::Told;
use crate::show::{ChannelId, CityId, CohostId, Name};

/// Schemas by name.
pub(super) type Components = Vec<(String, RefOr<Schema>)>;

/// The refusals of all endpoints: many have the same, which is told once, by the name of the first one that has it.
#[derive(Default)]
pub(super) struct Refusals {
    names: BTreeMap<(u16, Vec<&'static str>), String>,
}

impl Refusals {
    /// A reference to this refusal.
    fn refer(&mut self, id: &str, status: u16, codes: Vec<&'static str>) -> Ref {
        let name = self.names.entry((status, codes)).or_insert_with(|| format!("{id}-{status}"));
        Ref::from_response_name(name.as_str())
    }

    /// All of them by name.
    pub(super) fn responses(self) -> impl Iterator<Item = (String, Response)> {
        self.names.into_iter().map(|((status, codes), name)| (name, refusal(status, &codes)))
    }
}

/// The name of the security scheme of keys and links.
pub(super) const BEARER: &str = "bearer";

/// The name of the security scheme of sign-in.
pub(super) const SESSION: &str = "session";

/// A body, of a request or of an answer.
pub(super) struct Shape {
    media_type: &'static str,
    content: ContentBuilder,
    components: Components,
}

/// JSON of this type.
pub(super) fn json<T: ToSchema>() -> Shape {
    of_type::<T>(JSON, Ref::from_schema_name(T::name()).into())
}

/// JSON: many of this type.
pub(super) fn json_array<T: ToSchema>() -> Shape {
    of_type::<T>(JSON, Schema::from(Ref::from_schema_name(T::name()).to_array_builder()).into())
}

fn of_type<T: ToSchema>(media_type: &'static str, schema: RefOr<Schema>) -> Shape {
    let mut components = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut components);
    Shape { media_type, content: Content::builder().schema(Some(schema)), components }
}

/// Text of this media type.
pub(super) fn text(media_type: &'static str) -> Shape {
    let schema = Object::builder().schema_type(Type::String);
    Shape { media_type, content: Content::builder().schema(Some(schema)), components: Vec::new() }
}

impl Shape {
    /// An example of it.
    pub(super) fn such_as(mut self, example: impl Into<Value>) -> Self {
        self.content = self.content.example(Some(example.into()));
        self
    }
}

/// An endpoint in words.
pub(super) struct Operation {
    pub(super) method: Method,
    pub(super) path: &'static str,
    tag: &'static str,
    summary: &'static str,
    about: &'static str,
    parameters: Vec<Parameter>,
    takes: Vec<Shape>,
    needs_body: bool,
    answers: Vec<(u16, ResponseBuilder)>,
    refusals: BTreeMap<u16, Vec<&'static str>>,
    components: Components,
}

/// A new one.
pub(super) fn operation(method: Method, path: &'static str, tag: &'static str, summary: &'static str) -> Operation {
    Operation {
        method,
        path,
        tag,
        summary,
        about: "",
        parameters: Vec::new(),
        takes: Vec::new(),
        needs_body: true,
        answers: Vec::new(),
        refusals: BTreeMap::new(),
        components: Vec::new(),
    }
}

impl Operation {
    /// More about it, in Markdown.
    pub(super) fn about(mut self, about: &'static str) -> Self {
        self.about = about;
        self
    }

    /// A name behind the question mark.
    pub(super) fn query(mut self, name: &str, schema: ObjectBuilder, description: &str) -> Self {
        self.parameters
            .push(parameter(ParameterIn::Query, name, schema, description).required(Required::False).build());
        self
    }

    /// A header of the request.
    pub(super) fn header(mut self, name: &str, schema: ObjectBuilder, description: &str) -> Self {
        self.parameters
            .push(parameter(ParameterIn::Header, name, schema, description).required(Required::False).build());
        self
    }

    /// The body that it needs; told again, another one that is possible.
    pub(super) fn takes(mut self, shape: Shape) -> Self {
        self.takes.push(shape);
        self
    }

    /// The body that it may have.
    pub(super) fn may_take(mut self, shape: Shape) -> Self {
        self.needs_body = false;
        self.takes(shape)
    }

    /// An answer without a body.
    pub(super) fn answers(mut self, status: u16, description: &str) -> Self {
        self.answers.push((status, ResponseBuilder::new().description(description)));
        self
    }

    /// An answer with a body; told again for the same status, another body that is possible.
    pub(super) fn answers_with(mut self, status: u16, description: &str, shape: Shape) -> Self {
        let Shape { media_type, content, components } = shape;
        self.components.extend(components);
        let position = self.answers.iter().position(|(known, _)| *known == status);
        let (status, answer) = match position {
            Some(position) => self.answers.remove(position),
            None => (status, ResponseBuilder::new().description(description)),
        };
        self.answers.push((status, answer.content(media_type, content.build())));
        self
    }

    /// A header of the newest answer.
    pub(super) fn with_header(mut self, name: &str, description: &str) -> Self {
        if let Some((status, answer)) = self.answers.pop() {
            let header = HeaderBuilder::new()
                .schema(Some(Object::builder().schema_type(Type::String)))
                .description(Some(description));
            self.answers.push((status, answer.header(name, header.build())));
        }
        self
    }

    /// What it may refuse, with the codes of each status.
    pub(super) fn refuses(mut self, codes: &[(u16, &[&'static str])]) -> Self {
        for (status, codes) in codes {
            let known = self.refusals.entry(*status).or_default();
            known.extend(codes.iter().copied().filter(|code| !known.contains(code)).collect::<Vec<_>>());
        }
        self
    }

    /// As OpenAPI has it, with the schemas that it refers to.
    pub(super) fn written(mut self, endpoint: &Endpoint, refusals: &mut Refusals) -> (Written, Components) {
        self = self.with_access(endpoint);
        if !self.takes.is_empty() {
            self = self.refuses(codes::BODY);
        }
        let id = operation_id(&self.method, self.path);
        let mut described = OperationBuilder::new()
            .tag(self.tag)
            .summary(Some(self.summary))
            .operation_id(Some(&id))
            .securities(Some(security(endpoint.admits)));
        if !self.about.is_empty() {
            described = described.description(Some(self.about));
        }
        for name in names(self.path) {
            described = described.parameter(path_parameter(self.path, name, &mut self.components));
        }
        for parameter in self.parameters {
            described = described.parameter(parameter);
        }
        if !self.takes.is_empty() {
            let needed = if self.needs_body { Required::True } else { Required::False };
            let mut body = RequestBodyBuilder::new().required(Some(needed));
            for Shape { media_type, content, components } in self.takes {
                body = body.content(media_type, content.build());
                self.components.extend(components);
            }
            described = described.request_body(Some(body.build()));
        }
        self.answers.sort_by_key(|(status, _)| *status);
        for (status, answer) in self.answers {
            described = described.response(status.to_string(), answer.build());
        }
        for (status, codes) in self.refusals {
            described = described.response(status.to_string(), refusals.refer(&id, status, codes));
        }
        self.components.push((Told::name().into_owned(), Told::schema()));
        (described.build(), self.components)
    }

    /// What the table refuses before the endpoint is reached.
    fn with_access(self, endpoint: &Endpoint) -> Self {
        let known = match endpoint.admits {
            Admits::All => self,
            Admits::Anyone => self.refuses(codes::WRONG_KEY),
            Admits::Roles(_) => self.refuses(codes::NO_KEY).refuses(codes::WRONG_KEY).refuses(&[(403, &["forbidden"])]),
            Admits::Publisher | Admits::PublisherOfSession => {
                self.refuses(codes::NO_KEY).refuses(codes::WRONG_KEY).refuses(&[(403, &["not-yours", "forbidden"])])
            }
            Admits::Audience => self,
        };
        match endpoint.pages {
            Pages::Any | Pages::Open => known,
            Pages::Own | Pages::OwnWithCookie => known.refuses(&[(403, &["wrong-origin"])]),
        }
    }
}

/// What opens an endpoint.
fn security(admits: Admits) -> Vec<SecurityRequirement> {
    let by = |scheme: &str| SecurityRequirement::new(scheme, [] as [&str; 0]);
    match admits {
        Admits::All => Vec::new(),
        Admits::Anyone | Admits::Audience => vec![SecurityRequirement::default(), by(SESSION), by(BEARER)],
        Admits::Roles(_) => vec![by(SESSION), by(BEARER)],
        Admits::Publisher | Admits::PublisherOfSession => vec![by(SESSION), by(BEARER)],
    }
}

/// A refusal, with the codes that it may have.
fn refusal(status: u16, codes: &[&'static str]) -> Response {
    let of_codes = Object::builder()
        .property("code", Object::builder().schema_type(Type::String).enum_values(Some(codes.iter().copied())));
    let schema = AllOfBuilder::new().item(Ref::from_schema_name(Told::name())).item(of_codes);
    let words: Vec<_> = codes.iter().map(|code| format!("`{code}`")).collect();
    ResponseBuilder::new()
        .description(format!("{}: {}", codes::reason(status), words.join(", ")))
        .content(JSON, Content::builder().schema(Some(Schema::from(schema))).build())
        .build()
}

/// `POST /api/v1/cities/{city}/links` is `post-cities-city-links`.
fn operation_id(method: &Method, path: &str) -> String {
    let is_version = |word: &&str| path.starts_with("/api/v1/") && ["api", "v1"].contains(word);
    let words = path.split(['/', '{', '}', '.']).filter(|word| !word.is_empty() && !is_version(word));
    let words: Vec<_> = std::iter::once(method.as_str().to_ascii_lowercase()).chain(words.map(str::to_owned)).collect();
    if words.len() == 1 { format!("{}-watch", words[0]) } else { words.join("-") }
}

/// The names in braces.
fn names(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
}

fn parameter(place: ParameterIn, name: &str, schema: impl Into<RefOr<Schema>>, description: &str) -> ParameterBuilder {
    ParameterBuilder::new().name(name).parameter_in(place).schema(Some(schema)).description(Some(description))
}

/// A place in the path.
fn path_parameter(path: &str, name: &str, components: &mut Components) -> Parameter {
    let number = |most: f64| Object::builder().schema_type(Type::Integer).minimum(Some(0.0)).maximum(Some(most));
    let (schema, description): (RefOr<Schema>, _) = match name {
        "city" => (known::<CityId>(components), "The city."),
        "strip" => (
            words("(bars|((city|cohost|clip|music):)?[a-z0-9-]{1,32}|talkback:.{1,64})", "cohost:luca").into(),
            "A strip of the desk; a city's also by its id alone.",
        ),
        "cohost" => (known::<CohostId>(components), "The co-host."),
        "channel" => (known::<ChannelId>(components), "The channel."),
        "contribution" => (
            words("(talkback|(call-)?[a-z0-9-]{1,32})", "roma").into(),
            "A city, `call-` and a co-host, or `talkback`: the microphone of the operator who asks.",
        ),
        "name" => (known::<Name>(components), "Its name."),
        "session" => (words("[A-Za-z0-9_-]+", "dGhpcyBpcyBub25l").into(), "The session, from `Location`."),
        "source" => (
            words("(slate|black|bars|((city|cohost|clip|still):)?[a-z0-9-]{1,32})", "roma").into(),
            "A source; a city also by its id alone.",
        ),
        "position" => {
            (number(500.0).minimum(Some(0.0)).maximum(Some(1000.0)).into(), "Where the T-bar stands, in thousandths.")
        }
        "number" => (number(1.0).minimum(Some(1.0)).maximum(Some(4.0)).into(), "Which keyer."),
        "ms" => (number(3000.0).minimum(Some(100.0)).into(), "How long, in ms."),
        "db" => {
            let level = Object::builder().schema_type(Type::Number).minimum(Some(-60.0)).maximum(Some(10.0));
            (level.into(), "How loud, in dB; at -60 it is closed.")
        }
        "id" if path.contains("/links/") => (number(9e15).into(), "The link's number."),
        "id" => (number(u32::MAX.into()).into(), "Its number."),
        other => unreachable!("'{other}' in {path} is described nowhere: describe it here"),
    };
    parameter(ParameterIn::Path, name, schema, description).required(Required::True).build()
}

fn known<T: ToSchema + PartialSchema>(components: &mut Components) -> RefOr<Schema> {
    components.push((T::name().into_owned(), T::schema()));
    Ref::from_schema_name(T::name()).into()
}

/// A text of this form.
pub(super) fn words(pattern: &str, example: &str) -> ObjectBuilder {
    Object::builder().schema_type(Type::String).pattern(Some(format!("^{pattern}$"))).examples([example])
}

/// Bytes of this media type.
pub(super) fn binary(media_type: &'static str) -> Shape {
    // Without a schema: JSON has no words for bytes (OpenAPI 3.1 §4.8.14.3).
    Shape { media_type, content: Content::builder(), components: Vec::new() }
}

/// An object of a form that is told elsewhere.
pub(super) fn object(media_type: &'static str) -> Shape {
    let schema = Object::builder().schema_type(Type::Object);
    Shape { media_type, content: Content::builder().schema(Some(schema)), components: Vec::new() }
}
