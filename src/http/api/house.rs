//! The house in words: its health, its counters, its description, its pages.

use axum::http::Method;

use super::codes;
use super::operation::{Operation, json as json_of, object, operation, text};
use crate::http::{health, metrics};

const HOUSE: &str = "House";
const PAGES: &str = "Pages";

pub(super) fn operations() -> Vec<Operation> {
    vec![
        operation(Method::GET, "/healthz", HOUSE, "Whether the server does well")
            .answers_with(200, "It does.", json_of::<health::Health>())
            .answers_with(503, "Something that the evening needs is missing.", json_of::<health::Health>()),
        operation(Method::GET, "/metrics", HOUSE, "Counters for Prometheus")
            .answers_with(200, "OpenMetrics text.", text(metrics::OPENMETRICS))
            .refuses(codes::SHOW),
        operation(Method::GET, "/api/v1/openapi.json", HOUSE, "This description").answers_with(
            200,
            "OpenAPI 3.1.",
            object("application/json"),
        ),
        page("/", "Watch"),
        page("/console", "The console"),
        page("/api", "This description, to be read"),
        page("/city/{city}", "A city's page").answers_with(404, "There is no such city.", text("text/plain")),
        page("/call/{cohost}", "A co-host's page").answers_with(404, "There is no such page.", text("text/plain")),
    ]
}

fn page(path: &'static str, summary: &'static str) -> Operation {
    operation(Method::GET, path, PAGES, summary).answers_with(200, "The page.", text("text/html")).answers_with(
        503,
        "The server was built without its pages.",
        text("text/plain"),
    )
}
