//! People in words: who signs in, which machines have keys, which links open which seat.

use axum::http::Method;
use serde_json::json;

use super::codes;
use super::operation::{Operation, json as json_of, operation};
use crate::http::{calls, links, people, session};

const PEOPLE: &str = "People";
const LINKS: &str = "Links";

pub(super) fn operations() -> Vec<Operation> {
    vec![
        operation(Method::POST, "/api/v1/session", PEOPLE, "Sign in")
            .about("Opens a session, which a cookie holds. It ends after 12 hours without use, or after seven days.")
            .takes(
                json_of::<session::SignIn>()
                    .such_as(json!({"name": "Anna", "password": "correct horse battery staple"})),
            )
            .answers_with(200, "Who you are.", json_of::<session::Identity>())
            .with_header("Set-Cookie", "The session: HttpOnly, SameSite=Strict, Secure under TLS.")
            .refuses(codes::JSON)
            .refuses(&[(401, &["wrong-password"]), (429, &["too-many-attempts"]), (503, &["crowded"])])
            .refuses(codes::STORE),
        operation(Method::GET, "/api/v1/session", PEOPLE, "Who am I").answers_with(
            200,
            "Who you are.",
            json_of::<session::Identity>(),
        ),
        operation(Method::DELETE, "/api/v1/session", PEOPLE, "Sign out")
            .answers(204, "Nobody is signed in.")
            .with_header("Set-Cookie", "Removes the session."),
        operation(Method::GET, "/api/v1/operators", PEOPLE, "Who may sign in").answers_with(
            200,
            "The operators by name.",
            json_of::<people::Operators>(),
        ),
        operation(Method::GET, "/api/v1/keys", PEOPLE, "Which machines have a key").answers_with(
            200,
            "The keys, without what opens.",
            json_of::<people::Keys>(),
        ),
        operation(Method::POST, "/api/v1/keys", PEOPLE, "Make an API key")
            .takes(json_of::<people::NewKey>().such_as(json!({"name": "companion", "roles": ["director"]})))
            .answers_with(201, "The key. It is told here and nowhere else.", json_of::<people::MadeKey>())
            .refuses(codes::JSON)
            .refuses(&[
                (404, &["unknown-operator"]),
                (409, &["name-taken", "too-many"]),
                (422, &["bad-name", "bad-role"]),
            ])
            .refuses(codes::STORE),
        operation(Method::DELETE, "/api/v1/keys/{name}", PEOPLE, "Revoke an API key")
            .about("Pages that were opened with it are closed.")
            .answers(204, "It opens nothing any more.")
            .refuses(&[(404, &["unknown-key"])])
            .refuses(codes::STORE),
        listed("/api/v1/cities/{city}/links", "A city's links").refuses(&[(404, &["unknown-city"])]),
        made("/api/v1/cities/{city}/links", "Make a link for a city's crew").refuses(&[(404, &["unknown-city"])]),
        listed("/api/v1/cohosts/{cohost}/links", "A co-host's links").refuses(&[(404, &["unknown-cohost"])]),
        made("/api/v1/cohosts/{cohost}/links", "Make a link for a co-host").refuses(&[(404, &["unknown-cohost"])]),
        operation(Method::GET, "/api/v1/cohosts/{cohost}/number", PEOPLE, "A caller's whole telephone number")
            .about("Everywhere else numbers are masked.")
            .answers_with(200, "The number.", json_of::<calls::ToldNumber>())
            .refuses(&[(404, &["unknown-cohost", "no-number"])])
            .refuses(codes::SHOW),
        made("/api/v1/links/{id}/renew", "Make a new link in the place of an old one")
            .about("The old one opens nothing new from now on; what lives by it goes on.")
            .refuses(&[(403, &["not-yours"]), (404, &["unknown-link"])]),
        operation(Method::DELETE, "/api/v1/links/{id}", LINKS, "Revoke a link")
            .about("What lives by it ends.")
            .answers(204, "It opens nothing any more.")
            .refuses(&[(403, &["not-yours"]), (404, &["unknown-link"])])
            .refuses(codes::STORE),
    ]
}

fn listed(path: &'static str, summary: &'static str) -> Operation {
    operation(Method::GET, path, LINKS, summary).answers_with(
        200,
        "The links, without what opens.",
        json_of::<links::Links>(),
    )
}

fn made(path: &'static str, summary: &'static str) -> Operation {
    operation(Method::POST, path, LINKS, summary)
        .may_take(json_of::<links::Wish>().such_as(json!({"expires_s": 43200})))
        .answers_with(201, "The link. Its token is told here and nowhere else.", json_of::<links::MadeLink>())
        .refuses(codes::JSON)
        .refuses(&[(409, &["too-many"]), (422, &["bad-expiry"])])
        .refuses(codes::STORE)
}
