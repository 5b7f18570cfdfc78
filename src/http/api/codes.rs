//! The stable codes of refusals that many endpoints share, by status. `error` decides which one it is.

/// Refusals with their status.
pub(super) type Codes = &'static [(u16, &'static [&'static str])];

/// Of who shows no key where one is needed.
pub(super) const NO_KEY: Codes = &[(401, &["no-key"])];

/// Of who shows a key that opens nothing, or a link of somebody who is not of this evening.
pub(super) const WRONG_KEY: Codes = &[
    (401, &["wrong-key", "link-revoked", "link-renewed", "link-expired"]),
    (404, &["unknown-city", "unknown-cohost"]),
];

/// Of a body, whatever it says.
pub(super) const BODY: Codes =
    &[(400, &["broken-body", "not-text"]), (408, &["slow-body"]), (413, &["too-large"]), (415, &["content-type"])];

/// Of JSON that does not fit.
pub(super) const JSON: Codes = &[(400, &["not-json", "unknown-field", "bad-field"])];

/// Of a show that does not answer.
pub(super) const SHOW: Codes = &[(503, &["stopping"]), (504, &["timeout"])];

/// Of a store that cannot be read or written.
pub(super) const STORE: Codes = &[(503, &["store-failing"])];

/// Of a command that the show does not carry out.
pub(super) const COMMAND: Codes = &[
    (403, &["forbidden", "not-yours"]),
    (
        404,
        &[
            "unknown-city",
            "unknown-scene",
            "unknown-cue",
            "unknown-cohost",
            "unknown-message",
            "unknown-media",
            "unknown-strip",
        ],
    ),
    (
        409,
        &[
            "transition-running",
            "not-ready",
            "too-many",
            "id-taken",
            "city-on-air",
            "lease-held",
            "confirm-needed",
            "not-present",
            "call-state",
            "calls-locked",
            "no-caller",
            "number-blocked",
            "nothing-next",
            "nothing-to-undo",
            "cannot-undo",
            "stale-revision",
        ],
    ),
    (422, &["transition-length", "not-a-picture", "bad-value"]),
];

/// Of an offer (RFC 9725 §4.2) or of trickle ICE (RFC 8840).
pub(super) const OFFER: Codes = &[(400, &["not-sdp"]), (422, &["no-usable-codec", "unsupported"])];

/// Of a change to a session.
pub(super) const SESSION: Codes = &[(404, &["unknown-session"])];

/// Of trickle ICE.
pub(super) const TRICKLE: Codes =
    &[(400, &["bad-fragment"]), (412, &["wrong-etag"]), (422, &["unsupported"]), (428, &["no-if-match"])];

/// What a status says.
pub(super) fn reason(status: u16) -> &'static str {
    match status {
        400 => "What arrived cannot be read",
        401 => "Nobody, or nobody any more, has this key",
        403 => "Who asks may not",
        404 => "There is no such thing",
        408 => "The body took too long",
        409 => "It does not go together with what goes on now",
        412 => "It was made for another state",
        413 => "The body is too large",
        415 => "Another content type is needed",
        422 => "It can never be done as it was asked",
        426 => "Another protocol is needed",
        428 => "A condition is needed",
        429 => "Too many attempts",
        500 => "Something in the house is broken",
        503 => "Not now; `Retry-After` says when to try again",
        504 => "It took too long",
        other => unreachable!("{other} has no words: give it some"),
    }
}
