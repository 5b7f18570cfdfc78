use super::*;

const EXAMPLE: &str = include_str!("../../regia.example.toml");

/// The least that works.
const SMALL: &str =
    "[operator]\nkey = \"operator-key\"\n[[city]]\nid = \"lecce\"\nname = \"Lecce\"\nkey = \"lecce-key\"\n";

fn parse(text: &str) -> Result<Config, Error> {
    Config::parse(text, "regia.toml")
}

fn error(text: &str) -> String {
    parse(text).map(|config| panic!("{text} gives {config:?}")).unwrap_err().to_string()
}

/// SMALL with more settings before the first city.
fn with(settings: &str) -> String {
    SMALL.replace("[[city]]", &format!("{settings}\n[[city]]"))
}

#[test]
fn the_example_holds_the_defaults() {
    let example = parse(EXAMPLE).unwrap();
    assert_eq!(example.event, Event::default());
    assert_eq!(example.http, Http::default());
    assert_eq!(example.program, Program::default());
    assert_eq!(example.monitor, Monitor::default());
    assert_eq!(example.audio, Audio::default());
    assert_eq!(example.radio, Radio::default());
    assert_eq!(example.contribution, Contribution::default());
    assert_eq!(example.viewers, Viewers::default());
    assert_eq!(example.network, Network::default());
    assert_eq!(example.store, Store::default());
    assert_eq!(example.media, Media::default());
    assert_eq!(example.telephone(), None);
    let names: Vec<_> = example.cities().into_iter().map(|city| (city.name, city.time_zone)).collect();
    assert_eq!(names, ["Lecce", "Roma", "Milano", "Genova", "Bologna"].map(|name| (name.into(), "Europe/Rome".into())));
}

#[test]
fn what_is_left_out_has_its_default() {
    let small = parse(SMALL).unwrap();
    let example = parse(EXAMPLE).unwrap();
    assert_eq!(small, Config { operator: small.operator.clone(), cities: small.cities.clone(), ..example });
}

/// The fields that a table may have, as its own error tells them.
fn fields(text: &str) -> Vec<String> {
    let told = error(text);
    let (_, expected) = told.split_once("expected").unwrap_or_else(|| panic!("{told}"));
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_example_names_every_setting() {
    let parts = fields(&format!("surprise = 1\n{SMALL}"));
    assert_eq!(parts.len(), 15, "{parts:?}");
    for part in parts.iter().filter(|part| !["city", "operator", "tally"].contains(&part.as_str())) {
        let (_, section) = EXAMPLE.split_once(&format!("[{part}]\n")).unwrap_or_else(|| panic!("[{part}] is missing"));
        let section = section.split("\n[").next().unwrap();
        for field in fields(&with(&format!("[{part}]\nsurprise = 1"))).into_iter().filter(|field| field != "icecast") {
            let named = section.lines().any(|line| {
                line.trim_start_matches("# ").strip_prefix(&field).is_some_and(|rest| rest.starts_with(" ="))
            });
            assert!(named, "[{part}] {field} is missing");
        }
    }
    let screen = fields(&with("[monitor]\npreview = { surprise = 1 }"));
    assert!(screen.len() == 4 && screen.iter().all(|field| EXAMPLE.contains(&format!("{field} = "))), "{screen:?}");
    let turn = fields(&with("[network]\nturn_servers = [{ surprise = 1 }]"));
    assert!(turn.len() == 4 && turn.iter().all(|field| EXAMPLE.contains(&format!("{field} = "))), "{turn:?}");
    let trunk = fields(&with("[telephone]\ntrunk = { surprise = 1 }"));
    assert!(trunk.len() == 7 && trunk.iter().all(|field| EXAMPLE.contains(&format!("{field} = "))), "{trunk:?}");
    let city = fields(&SMALL.replace("id =", "surprise = 1\nid ="));
    assert!(city.len() == 4 && city.iter().all(|field| EXAMPLE.contains(&format!("\n{field} = "))), "{city:?}");
    let tally = fields(&with("[[tally]]\nsurprise = 1"));
    assert!(tally.len() == 5 && tally.iter().all(|field| EXAMPLE.contains(&format!("\n# {field} = "))), "{tally:?}");
    let icecast = fields(&with("[[radio.icecast]]\nsurprise = 1"));
    let named = |field: &String| EXAMPLE.contains(&format!("\n# {field} = "));
    assert!(icecast.len() == 9 && icecast.iter().all(named), "{icecast:?}");
    assert_eq!(fields(&SMALL.replace("[operator]", "[operator]\nsurprise = 1")), ["key"]);
}

#[test]
fn settings_without_a_default_work_as_the_example_writes_them() {
    let on = EXAMPLE
        .replace("turn_servers = []\n", "")
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(table @ ("[[tally]]" | "[[radio.icecast]]")) => table,
            Some(setting) if setting.split_once(" = ").is_some_and(|(name, _)| !name.contains(' ')) => setting,
            _ => line,
        })
        .collect::<Vec<_>>()
        .join("\n");
    let config = parse(&on).unwrap();
    assert_eq!(config.http.public_url.as_deref(), Some("https://regia.example.org"));
    let contribution = config.contribution();
    assert_eq!(contribution.public_address, Some("203.0.113.10".parse().unwrap()));
    assert_eq!(contribution.stun_server.as_deref(), Some("stun://stun.example.org:3478"));
    assert_eq!(contribution.turn_servers, ["turns://regia:secret@turn.example.org:443?transport=tcp"]);
    let told: Vec<_> = config.ice_servers().into_iter().map(|server| server.url).collect();
    assert_eq!(told, ["stun:stun.example.org:3478", "turns:turn.example.org:443?transport=tcp"]);
    let radio = config.radio();
    assert_eq!((radio.identity.name.as_str(), radio.icecast.len()), ("Radio Regia", 1));
    assert!(radio.icecast[0].identity.public && radio.icecast[0].format == radio::Format::Mp3);
}

/// A server for the radio.
fn icecast(lines: &str) -> String {
    format!("[[radio.icecast]]\nurl = \"http://icecast.example.org\"\npassword = \"hackme\"\n{lines}")
}

#[test]
fn an_icecast_server_shows_what_the_radio_is_unless_it_says_otherwise() {
    let table = icecast("mount = \"/a\"\nformat = \"opus\"\ngenre = \"\"");
    let config = parse(&with(&format!("[radio]\ndescription = \"Tutti\"\n{table}"))).unwrap().radio();
    let [target] = &config.icecast[..] else { panic!("{config:?}") };
    assert_eq!(
        (target.user.as_str(), target.server.to_string().as_str()),
        ("source", "http://icecast.example.org:8000")
    );
    let identity = radio::Identity { genre: String::new(), ..config.identity.clone() };
    assert_eq!(target.identity, identity);
    assert_eq!((identity.name.as_str(), identity.description.as_str()), ("Regia", "Tutti"));
}

#[test]
fn the_examples_keys_are_refused_by_name() {
    let refused = parse(EXAMPLE).unwrap().refuse_example_keys().unwrap_err().to_string();
    assert!(refused.contains("operator, lecce, roma, milano, genova, bologna"), "{refused}");
    assert!(!refused.contains("change-me"), "{refused}");
    let one = EXAMPLE.replace("change-me-", "mine-now-").replace("mine-now-roma", "change-me-roma");
    let refused = parse(&one).unwrap().refuse_example_keys().unwrap_err().to_string();
    assert!(refused.contains("roma") && !refused.contains("lecce"), "{refused}");
    assert!(parse(SMALL).unwrap().refuse_example_keys().is_ok());
}

/// A receiver of tally with one more line.
fn tally(protocol: &str, line: &str) -> String {
    format!("[[tally]]\naddress = \"192.0.2.10:8900\"\nprotocol = \"{protocol}\"\n{line}")
}

#[test]
fn receivers_of_tally_are_as_they_are_written_or_as_most_are() {
    let receivers = |text: &str| parse(&with(text)).unwrap().tally();
    let address = "192.0.2.10:8900".parse().unwrap();
    let v31 = tally::Receiver { address, protocol: tally::Protocol::Tsl31, first_index: 1 };
    let v50 = |screen, text| tally::Protocol::Tsl50 { screen, text };
    assert_eq!(receivers(""), []);
    let two = [tally("tsl-3.1", ""), tally("tsl-5.0", "screen = 65535\nfirst_index = 0\ntext = \"utf-16\"")].join("\n");
    let all = tally::Receiver { protocol: v50(65535, tally::Text::Utf16), first_index: 0, ..v31 };
    assert_eq!(receivers(&two), [v31, all]);
    // The example's lines, switched on.
    let (_, example) = EXAMPLE.split_once("# [[tally]]\n").unwrap();
    let lines = example.split("\n\n").next().unwrap().replace("# ", "");
    let shown = tally::Receiver { protocol: v50(0, tally::Text::Ascii), ..v31 };
    assert_eq!(receivers(&format!("[[tally]]\n{lines}")), [shown]);
    assert!(error(&with(&tally("tsl-3.1", "").repeat(33))).contains("at most 32 are possible"));
}

#[test]
fn every_wrong_setting_is_told_with_its_place_and_what_is_needed() {
    let cases = [
        (with("[program]\nwidht = 640"), "regia.toml:4:1:", "`width`"),
        (with("[programm]\n"), "regia.toml:3:2:", "`program`"),
        (with("[program]\nwidth = 3840"), "regia.toml:4:9:", "160 to 1920"),
        (with("[program]\nwidth = 641"), "regia.toml:4:9:", "even"),
        (with("[program]\nheight = 88"), "regia.toml:4:10:", "90 to 1080"),
        (with("[program]\nfps = 61"), "regia.toml:4:7:", "5 to 60"),
        (with("[program]\nfps = \"30\""), "regia.toml:4:7:", "string"),
        (with("[program]\nbitrate_kbps = 2500000"), "regia.toml:4:16:", "200 to 20000"),
        (with("[audio]\nbitrate_kbps = -1"), "regia.toml:4:16:", "32 to 510"),
        (with("[radio]\nopus_kbps = 15"), "regia.toml:4:13:", "16 to 256"),
        (with("[radio]\nmp3_kbps = 100"), "regia.toml:4:12:", "96, 112"),
        (with("[radio]\nmax_listeners = 0"), "regia.toml:4:17:", "1 to 10000"),
        (with("[radio]\ngenre = \"a\\nb\""), "regia.toml:4:9:", "one line"),
        (with(&icecast("mount = \"a\"\nformat = \"mp3\"")), "regia.toml:6:9:", "/regia.mp3"),
        (with(&icecast("mount = \"/a\"\nformat = \"ogg\"")), "regia.toml:7:10:", "`opus`"),
        (with("[[radio.icecast]]\nurl = \"icecast.example.org\""), "regia.toml:4:7:", "http://icecast"),
        (with(&icecast("mount = \"/a\"\nformat = \"mp3\"\n").repeat(2)), "regia.toml:11:9:", "mount of its own"),
        (with("[http]\nlisten = \"8080\""), "regia.toml:4:10:", "0.0.0.0:8080"),
        (with("[http]\nlisten = \"0.0.0.0:65536\""), "regia.toml:4:10:", "0.0.0.0:8080"),
        (with("[http]\npublic_url = \"regia.example.org\""), "regia.toml:4:14:", "https://"),
        (with("[http]\npublic_url = \"https://a.example/path\""), "regia.toml:4:14:", "https://"),
        (with("[viewers]\nport = 65536"), "regia.toml:4:8:", "0 to 65535"),
        (with("[viewers]\nlisten = [\"localhost\"]"), "regia.toml:4:10:", "IP address"),
        (with("[viewers]\nmax_viewers = 0"), "regia.toml:4:15:", "1 to 100000"),
        (with("[contribution]\nports = \"52100-52000\""), "regia.toml:4:9:", "reversed"),
        (with("[contribution]\nports = \"52000\""), "regia.toml:4:9:", "52000-52100"),
        (with("[contribution]\nports = \"0-100\""), "regia.toml:4:9:", "1 to 65535"),
        (with("[contribution]\nports = \"52000-52000\""), "regia.toml:4:9:", "2 ports are needed"),
        (with("[contribution]\nports = \"52150-52250\""), "regia.toml:4:9:", "[viewers]"),
        (with("[viewers]\nport = 52050"), "regia.toml: ", "52000 to 52100"),
        (with("[viewers]\nport = 65535\nshards = 2"), "regia.toml: ", "2 shards"),
        (with("[contribution]\njitter_buffer_ms = 251"), "regia.toml:4:20:", "0 to 250"),
        (with("[network]\npublic_address = \"0.0.0.0\""), "regia.toml:4:18:", "0.0.0.0"),
        (with("[network]\nstun_server = \"stun.example.org\""), "regia.toml:4:15:", "stun://"),
        (with("[network]\nstun_server = \"stun://host:0\""), "regia.toml:4:15:", "stun://"),
        (with("[[tally]]\naddress = \"192.0.2.10\""), "regia.toml:4:11:", "192.0.2.10:8900"),
        (with("[[tally]]\naddress = \"0.0.0.0:8900\""), "regia.toml:4:11:", "192.0.2.10:8900"),
        (with(&tally("tsl-4.0", "")), "regia.toml:5:12:", "`tsl-3.1`"),
        (with(&tally("tsl-3.1", "first_index = 112")), "regia.toml:6:15:", "from 0 to 111"),
        (with(&tally("tsl-5.0", "first_index = 65520")), "regia.toml:6:15:", "from 0 to 65519"),
        (with(&tally("tsl-5.0", "screen = 65536")), "regia.toml:6:10:", "65536"),
        (with(&tally("tsl-5.0", "text = \"utf-8\"")), "regia.toml:6:8:", "`utf-16`"),
        (with(&tally("tsl-3.1", "screen = 1")), "regia.toml:6:10:", "tsl-3.1 knows no screen"),
        (with("[store]\npath = \"evenings/\""), "regia.toml:4:8:", "regia.db"),
        (with("[media]\npath = \"\""), "regia.toml:4:8:", "like media"),
        (with("[event]\ntime_zone = \"Europe/Lecce\""), "regia.toml:4:13:", "Europe/Rome"),
        (with("[event]\ntitle = \"\""), "regia.toml:4:9:", "1 to 100"),
        (with("[event]\ntitle = \"ü\" \"x\""), "regia.toml:4:13:", ""),
        (with("[event"), "regia.toml:3:7:", ""),
        (SMALL.replace("lecce-key", "short"), "regia.toml:6:7:", "8 to 128"),
        (SMALL.replace("\"lecce\"", "\"Lecce\""), "regia.toml:4:6:", "a-z"),
        (SMALL.replace("\"lecce\"", "\"program\""), "regia.toml:4:6:", "taken by the house"),
        (SMALL.replace("lecce-key", "operator-key"), "regia.toml:6:7:", "the operator"),
        (SMALL.replace("name = \"Lecce\"\n", ""), "regia.toml:3:1:", "name"),
        (format!("{SMALL}time_zone = \"Rome\"\n"), "regia.toml:7:13:", "Europe/Rome"),
        (format!("{SMALL}{}", &SMALL[SMALL.find("[[city").unwrap()..]), "regia.toml:8:6:", "already a city 'lecce'"),
        ("[operator]\nkey = \"operator-key\"\ncity = []".into(), "regia.toml:3:1:", "city"),
    ];
    for (text, place, word) in cases {
        let told = error(&text);
        assert!(told.starts_with(place) && told.contains(word), "{text}\n{told}\n");
    }
}

#[test]
fn an_evening_has_one_to_sixteen_cities() {
    let cities = |count: usize| {
        let city = |n| format!("[[city]]\nid = \"c{n}\"\nname = \"C\"\nkey = \"key-of-{n}-city\"\n");
        format!("[operator]\nkey = \"operator-key\"\n{}", (0..count).map(city).collect::<String>())
    };
    assert_eq!(parse(&cities(16)).unwrap().cities().len(), 16);
    assert!(error(&cities(17)).starts_with("regia.toml:68:6: 1 to 16 cities are needed, 17 arrived"));
    assert!(error(&cities(0)).contains("city"));
    assert!(error(&format!("city = []\n{}", cities(0))).contains("1 to 16 cities"));
}

#[test]
fn no_error_and_no_debug_shows_a_secret() {
    let told = error(&SMALL.replace("lecce-key", "operator-key"));
    assert!(!told.contains("operator-key"), "{told}");
    let turn = "turn_servers = [{ url = \"turn:t.example:3478\", username = \"u\", password = \"hush-hush\" }]";
    let shown = format!("{:?}", parse(&with(&format!("[network]\n{turn}"))).unwrap());
    assert!(!shown.contains("hush") && !shown.contains("lecce-key"), "{shown}");
    let table = icecast("mount = \"/a\"\nformat = \"mp3\"").replace("hackme", "hush-hush");
    let config = parse(&with(&table)).unwrap();
    let shown = format!("{config:?} {:?}", config.radio());
    assert!(shown.contains("icecast.example.org") && !shown.contains("hush"), "{shown}");
    let login = table.replace("http://", "http://source:hush@");
    let told = error(&with(&login));
    assert!(told.contains("settings of their own") && !told.contains("hush"), "{told}");
    let login = "turn_servers = [{ url = \"turn://u:hush@t.example:3478\", username = \"u\", password = \"p\" }]";
    let told = error(&with(&format!("[network]\n{login}")));
    assert!(told.contains("settings of their own") && !told.contains("hush"), "{told}");
}

#[test]
fn a_login_is_encoded_into_the_address_for_webrtcbin() {
    let turn = "turn_servers = [{ url = \"turn:t.example:3478\", username = \"a:b\", password = \"p@ss/1\" }]";
    let config = parse(&with(&format!("[network]\n{turn}"))).unwrap();
    assert_eq!(config.contribution().turn_servers, ["turn://a%3Ab:p%40ss%2F1@t.example:3478"]);
}

#[test]
fn a_missing_file_tells_how_to_make_one() {
    let told = Config::load(Path::new("/nonexistent/regia.toml")).unwrap_err().to_string();
    assert!(told.contains("cp regia.example.toml regia.toml"), "{told}");
}

#[test]
fn the_store_lies_beside_the_settings_unless_its_path_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let load = |settings: &str| {
        let file = folder.path().join("regia.toml");
        std::fs::write(&file, with(settings)).unwrap();
        Config::load(&file).unwrap().store.path
    };
    assert_eq!(load(""), folder.path().join("regia.db"));
    assert_eq!(load("[store]\npath = \"data/evening.db\""), folder.path().join("data/evening.db"));
    assert_eq!(load("[store]\npath = \"/var/lib/regia.db\""), Path::new("/var/lib/regia.db"));
}

#[test]
fn the_media_folder_lies_beside_the_settings_unless_its_path_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let load = |settings: &str| {
        let file = folder.path().join("regia.toml");
        std::fs::write(&file, with(settings)).unwrap();
        Config::load(&file).unwrap().media.path
    };
    assert_eq!(load(""), folder.path().join("media"));
    assert_eq!(load("[media]\npath = \"../grafica/\""), folder.path().join("../grafica"));
    assert_eq!(load("[media]\npath = \"/srv/media\""), Path::new("/srv/media"));
}

#[test]
fn shards_follow_the_cores_when_none_are_named() {
    let config = parse(SMALL).unwrap();
    assert!((1..=64).contains(&config.distribution().shards));
    assert_eq!(parse(&with("[viewers]\nshards = 3")).unwrap().distribution().shards, 3);
}

#[test]
fn a_telephone_has_what_its_table_says_and_the_ports_that_its_calls_need() {
    let telephone = |settings: &str| with(&format!("[telephone]\nlisten = \"0.0.0.0:5060\"\n{settings}"));
    let trunk = "{ host = \"sip.example.org\", user = \"39010\", password = \"secret\" }";
    let text = telephone(&format!("peers = [\"192.0.2.0/24\"]\ntrunk = {trunk}"));
    let config = parse(&text).unwrap().telephone().unwrap();
    assert_eq!((config.max_calls, config.rtp_ports, config.peers.len()), (8, 52_400..=52_431, 1));
    let trunk = config.trunk.unwrap();
    assert_eq!((trunk.host.as_str(), trunk.port, trunk.register), ("sip.example.org", 5060, true));
    assert!(!format!("{trunk:?}").contains("secret"));
    assert!(error(&telephone("rtp_ports = \"53000-53006\"")).contains("8 even ports are needed"));
    assert!(error(&telephone("rtp_ports = \"52000-52050\"")).contains("[contribution]"));
    assert!(error(&telephone("peers = [\"example.org\"]")).contains("is not a peer"));
    assert!(error(&telephone("max_calls = 0")).contains("1 to 32"));
}
