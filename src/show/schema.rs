//! How the show's words, numbers and times look to whoever reads the description of the API: what `serde` writes them as.
//!
//! Types that are written field by field derive their description; those that are written as one text or one number have
//! it here. It adds words and no behaviour.

use std::borrow::Cow;

use utoipa::openapi::schema::{KnownFormat, Object, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::{
    Actor, Audience, ChannelId, CityId, CohostId, Colour, Fader, GroupNumber, KeyerNumber, MediaId, Mix, Name,
    PhoneNumber, ShowTime, Source, StripId, TalkTo, WallTime, id,
};

/// An identifier.
const ID: &str = "[a-z0-9-]{1,32}";

/// A name: no control character, no space around it. Its length stands beside it.
const NAME: &str = r"[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?";

/// A text of this form, with examples of it.
fn text(pattern: &str, description: &str, examples: &[&str]) -> ObjectBuilder {
    Object::builder()
        .schema_type(Type::String)
        .pattern(Some(format!("^{pattern}$")))
        .description(Some(description))
        .examples(examples.iter().copied())
}

/// An identifier of 1 to 32 characters.
fn identifier(description: &str, examples: &[&str]) -> ObjectBuilder {
    text(ID, description, examples).min_length(Some(1)).max_length(Some(id::MAX_LEN))
}

/// Microseconds.
fn micros(description: &str, example: i64) -> ObjectBuilder {
    Object::builder()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .description(Some(description))
        .examples([example])
}

macro_rules! described {
    ($($named:ident: $schema:expr;)*) => {$(
        impl PartialSchema for $named {
            fn schema() -> RefOr<Schema> {
                $schema.into()
            }
        }

        impl ToSchema for $named {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($named))
            }
        }
    )*};
}

described! {
    CityId: identifier("A city: a contribution that is also a channel. `program`, `preview`, `multiview` and `radio` are no cities, \
        nor is what begins with `return-`, `call-`, `camera-`, `monitor-` or `talkback`.", &["roma"]);
    CohostId: identifier("A co-host: somebody of the radio show, on a call.", &["luca"]);
    MediaId: identifier("Something of the media folder: a still, a clip, a stinger, a template.", &["lower-third", "logo"]);
    ChannelId: text(
        &format!("({ID}|(return|call|camera)-{ID}|(monitor|talkback)-{NAME})"),
        "What can be selected: `program`, `radio` or a city; by a city's crew also `return-CITY`, by a co-host `call-COHOST`, \
            by operators all of them, `preview`, `multiview`, `camera-COHOST` and their own `monitor-NAME`. `talkback-NAME` is \
            heard by the desk alone.",
        &["program", "radio", "roma", "preview", "multiview", "return-roma", "call-luca", "camera-luca", "monitor-Anna"],
    ).min_length(Some(1)).max_length(Some(73));
    Colour: text("#[0-9a-fA-F]{6}", "A colour as on pages: red, green, blue.", &["#ffb020"]);
    KeyerNumber: Object::builder()
        .schema_type(Type::Integer)
        .minimum(Some(1))
        .maximum(Some(KeyerNumber::MOST))
        .description(Some("Which downstream keyer: 1, the lowest, to 4."))
        .examples([1]);
    Name: text(NAME, "The name of an operator or a machine: 1 to 64 characters, none of them a control character, no space \
        around it.", &["Anna"]).min_length(Some(1)).max_length(Some(64));
    PhoneNumber: text(r"[^\s\x00-\x1f\x7f-\x9f]+", "A telephone number or the address of a telephone.", &["+393331234567"])
        .min_length(Some(1)).max_length(Some(super::phone::NUMBER_MAX));
    Actor: text(
        &format!("(house|viewer|(operator|machine):{NAME}|(city|cohost):{ID})"),
        "Who does something: an operator or a machine by name, a city or a co-host by identifier, the server itself \
            (`house`), or somebody who watches (`viewer`).",
        &["operator:Anna", "machine:companion", "city:roma", "cohost:luca", "house", "viewer"],
    );
    Source: text(
        &format!("(slate|black|bars|(city|cohost|clip|still):{ID}|colour:#[0-9a-fA-F]{{6}})"),
        "What a box of the picture shows: a city, a co-host's camera, a clip or a still of the media folder, a colour, colour \
            bars with a tone, the evening's own slate, or nothing.",
        &["city:roma", "cohost:luca", "clip:pillola", "still:logo", "colour:#ffb020", "bars", "slate", "black"],
    );
    Audience: text(
        &format!("(director|all|cities|cohosts|(city|cohost):{ID})"),
        "Whom a message is for: the control room, every city and co-host, every city, every co-host, or one of them.",
        &["director", "all", "cities", "cohosts", "city:roma", "cohost:luca"],
    );
    StripId: text(
        &format!("(bars|(city|cohost|clip|music):{ID}|talkback:{NAME})"),
        "A strip of the desk: a city, a co-host, a clip, a piece of music, the microphone of an operator, or the tone of the \
            bars.",
        &["city:roma", "cohost:luca", "clip:pillola", "music:sigla", "talkback:Anna", "bars"],
    );
    Mix: text(
        &format!("(program|radio|return:{ID}|call:{ID}|monitor:{NAME})"),
        "What somebody hears: program, the radio, a city's or a co-host's mix-minus, or what an operator listens to.",
        &["program", "radio", "return:roma", "call:luca", "monitor:Anna"],
    );
    TalkTo: text(
        &format!("(all|cities|cohosts|(city|cohost):{ID})"),
        "Whom an operator speaks to: every city and co-host, every city, every co-host, or one of them.",
        &["all", "cities", "cohosts", "city:roma", "cohost:luca"],
    );
    GroupNumber: Object::builder()
        .schema_type(Type::Integer)
        .minimum(Some(1))
        .maximum(Some(GroupNumber::MOST))
        .description(Some("Which group of strips: 1 to 8."))
        .examples([1]);
    ShowTime: micros(
        "An instant of the event clock, in µs. It goes on over a restart of the server. `epoch` of the show is the wall \
            clock at its 0.",
        3_600_000_000,
    ).minimum(Some(0));
    WallTime: micros("An instant of the wall clock, in µs since 1970-01-01 00:00 UTC.", 1_795_280_400_000_000);
    Fader: Object::builder()
        .schema_type(Type::Number)
        .minimum(Some(f64::from(Fader::CLOSED_DB)))
        .maximum(Some(f64::from(Fader::MOST_DB)))
        .description(Some("How loud, in dB, to a tenth; at the lowest place it is closed."))
        .examples([0.0, -6.5]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn examples<T: PartialSchema>() -> Vec<String> {
        let RefOr::T(Schema::Object(object)) = T::schema() else { panic!("a text is described by an object") };
        object.examples.iter().map(|example| example.as_str().expect("a text").to_owned()).collect()
    }

    #[test]
    fn every_example_is_one() {
        assert!(examples::<CityId>().iter().all(|text| text.parse::<CityId>().is_ok()));
        assert!(examples::<CohostId>().iter().all(|text| text.parse::<CohostId>().is_ok()));
        assert!(examples::<ChannelId>().iter().all(|text| text.parse::<ChannelId>().is_ok()));
        assert!(examples::<Name>().iter().all(|text| text.parse::<Name>().is_ok()));
        assert!(examples::<Actor>().iter().all(|text| text.parse::<Actor>().is_ok()));
        assert!(examples::<Source>().iter().all(|text| text.parse::<Source>().is_ok()));
        assert!(examples::<StripId>().iter().all(|text| text.parse::<StripId>().is_ok()));
        assert!(examples::<Mix>().iter().all(|text| text.parse::<Mix>().is_ok()));
        assert!(examples::<TalkTo>().iter().all(|text| text.parse::<TalkTo>().is_ok()));
        assert!(examples::<Audience>().iter().all(|text| text.parse::<Audience>().is_ok()));
    }
}
