use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::*;

fn document() -> Value {
    serde_json::from_str(description()).unwrap()
}

#[test]
fn every_endpoint_is_described_and_nothing_else() {
    let table: BTreeSet<_> = endpoints().map(|endpoint| format!("{} {}", endpoint.method, endpoint.path)).collect();
    let words: Vec<_> = operations().iter().map(|each| format!("{} {}", each.method, each.path)).collect();
    assert_eq!(words.len(), table.len(), "each is described once");
    assert_eq!(words.into_iter().collect::<BTreeSet<_>>(), table);

    let document = document();
    let paths = document["paths"].as_object().unwrap();
    let described = paths.iter().flat_map(|(path, item)| {
        item.as_object().unwrap().keys().map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    assert_eq!(described.collect::<BTreeSet<_>>(), table);
}

#[test]
fn every_operation_has_its_own_id_a_known_tag_and_an_example_of_what_it_takes() {
    let document = document();
    let tags: BTreeSet<_> =
        document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{method} {path}");
            assert!(tags.contains(operation["tags"][0].as_str().unwrap()), "{method} {path}");
            for (_, content) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
                assert!(!content["example"].is_null(), "{method} {path} has no example");
            }
        }
    }
}

#[test]
fn no_two_types_have_one_name() {
    let table: Vec<_> = endpoints().collect();
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    let mut note = |name: String, text: String| {
        let before = known.entry(name.clone()).or_insert_with(|| text.clone());
        assert_eq!(*before, text, "two types have the name {name}");
    };
    for each in operations() {
        let endpoint = table.iter().find(|row| row.method == each.method && row.path == each.path).unwrap();
        let (_, schemas) = each.written(endpoint, &mut Refusals::default());
        schemas.iter().for_each(|(name, schema)| note(name.clone(), serde_json::to_string(schema).unwrap()));
    }
    for (name, schema) in of::<Outgoing<'_>>().into_iter().chain(of::<Incoming>()) {
        note(name, serde_json::to_string(&schema).unwrap());
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| match value.as_str() {
                Some(target) if key == "$ref" => drop(found.insert(target)),
                _ => references(value, found),
            }),
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let document = document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 30);
    for target in found {
        assert!(document.pointer(target.trim_start_matches('#')).is_some(), "{target}");
    }
}

/// The codes of all refusals.
fn codes(document: &Value) -> BTreeSet<&str> {
    let answers = document["components"]["responses"].as_object().unwrap().values();
    let codes = answers.filter_map(|answer| {
        answer["content"]["application/json"]["schema"]["allOf"][1]["properties"]["code"]["enum"].as_array()
    });
    codes.flatten().map(|code| code.as_str().unwrap()).collect()
}

#[test]
fn the_codes_are_those_that_refusals_have() {
    let document = document();
    let described = codes(&document);
    let written =
        [include_str!("../error.rs"), include_str!("../body.rs"), include_str!("../../show/rejection.rs")].concat();
    assert!(described.len() > 50, "{described:?}");
    for code in &described {
        assert!(written.contains(&format!("\"{code}\"")), "no refusal has the code '{code}'");
    }
    // The other way round: words with hyphens that stand where codes do. What no endpoint refuses is left out, and a word that
    // only looks like a code.
    let outside = [
        "nothing-here",
        "method-not-allowed",
        "signed-out",
        "hub-died",
        "program-died",
        "bad-password",
        "taken",
        "socket",
        "co-host",
    ];
    let in_table = |line: &str| {
        let (_, rest) = line.split_once("=> ")?;
        let word = rest.trim_end_matches([',', ')']).rsplit('"').nth(1)?;
        let is_code = word.contains('-') && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        is_code.then(|| word.to_owned())
    };
    for code in written.lines().filter_map(in_table) {
        let known = described.contains(&*code) || outside.contains(&&*code);
        assert!(known, "the code '{code}' is described nowhere");
    }
}
