//! The rules of what everybody hears, one fact each.

use crate::show::{
    Actor, Caller, City, Command, DeskPlan, DuckRole, Effect, Event, Fact, Fader, Media, MediaItem, Mix, Output, Ramps,
    Rejection, Role, Settings, Setup, Show, ShowTime, SoloKind, Strip, StripDucking, StripId, StripMode, WallTime,
};
use std::time::Duration;

fn at(ms: u64) -> ShowTime {
    ShowTime::new(Duration::from_millis(ms))
}

fn db(db: f32) -> Fader {
    Fader::try_from(db).unwrap()
}

fn strip(text: &str) -> StripId {
    text.parse().unwrap()
}

fn caller(name: &str) -> Caller {
    Caller::new(Actor::Operator(name.parse().unwrap()), [Role::Director])
}

/// An evening at work with Lecce on program, Roma beside it, and Luca and Mara on their calls.
struct Evening {
    show: Show,
    now: u64,
}

impl Evening {
    fn new() -> Self {
        let city = |word: &str| City { id: word.parse().unwrap(), name: word.into(), time_zone: "UTC".into() };
        let setup = Setup { title: "Una sera".into(), cities: ["lecce", "roma"].map(city).into() };
        let mut show = Show::new(setup, WallTime::default(), at(0)).unwrap();
        let _ = show.start(at(0));
        let piece = |id: &str, duration_ms| MediaItem { id: id.parse().unwrap(), name: id.to_uppercase(), duration_ms };
        let media = Media { music: vec![piece("sigla", 10_000), piece("jingle", 0)], ..Media::default() };
        let mut evening = Self { show, now: 0 };
        evening.tell(Fact::MediaRead { media });
        evening.do_it(r#"{"type": "cut_to", "source": "city:lecce"}"#);
        for cohost in ["luca", "mara"] {
            evening.do_it(&format!(r#"{{"type": "add_cohost", "id": "{cohost}", "name": "{cohost}"}}"#));
            evening.tell(Fact::CohostJoined { cohost: cohost.parse().unwrap() });
            evening.tell(Fact::CohostHeard { cohost: cohost.parse().unwrap() });
            evening.do_it(&format!(r#"{{"type": "put_on_air", "cohost": "{cohost}"}}"#));
        }
        evening
    }

    fn ask(&mut self, who: &str, command: Command) -> Result<Vec<Output>, Rejection> {
        self.now += 1000;
        self.show.command(command, &caller(who), at(self.now)).map(Iterator::collect)
    }

    fn anna(&mut self, command: Command) -> Vec<Output> {
        self.ask("Anna", command).unwrap()
    }

    fn do_it(&mut self, written: &str) -> Vec<Output> {
        self.anna(serde_json::from_str(written).unwrap())
    }

    fn tell(&mut self, fact: Fact) -> Vec<Output> {
        self.show.observe(fact, at(self.now)).collect()
    }

    fn wait(&mut self, ms: u64) -> Vec<Output> {
        self.now += ms;
        self.show.tick(at(self.now)).collect()
    }

    fn set(&mut self, of: &str, change: impl FnOnce(&mut Strip)) {
        let of = strip(of);
        let mut settings = self.show.snapshot().strip(&of).unwrap();
        change(&mut settings);
        self.anna(Command::SetStrip { of, strip: settings });
    }

    fn talk(&mut self, to: &str, on: bool) {
        self.do_it(&format!(r#"{{"type": "talk", "to": "{to}", "on": {on}}}"#));
    }

    fn plan(&self) -> DeskPlan {
        self.show.snapshot().desk()
    }

    /// What is heard in a mix: `city:lecce +0.0 dB`.
    fn heard(&self, mix: &str) -> Vec<String> {
        let plan = self.plan();
        let mix = plan.mix(&mix.parse().unwrap()).expect("the mix is there");
        mix.sends.iter().map(|send| format!("{} {}", send.strip, send.fader)).collect()
    }
}

/// What engines must do besides the desk itself.
fn effects(outputs: &[Output]) -> Vec<&Effect> {
    let mut effects = Vec::new();
    for output in outputs {
        if let Output::Effect(effect) = output
            && !matches!(effect, Effect::SetDesk { .. })
        {
            effects.push(effect);
        }
    }
    effects
}

#[test]
fn everybody_hears_program_without_themselves() {
    let evening = Evening::new();
    let [lecce, luca, mara] = ["city:lecce", "cohost:luca", "cohost:mara"].map(|strip| format!("{strip} +0.0 dB"));
    assert_eq!(evening.heard("program"), [&*lecce, &luca, &mara]);
    assert_eq!(evening.heard("radio"), evening.heard("program"));
    assert_eq!(evening.heard("return:lecce"), [&*luca, &mara]);
    assert_eq!(evening.heard("return:roma"), [&*lecce, &luca, &mara], "who is not on air hears program");
    assert_eq!(evening.heard("call:luca"), [&*lecce, &mara]);
    assert_eq!(evening.heard("call:mara"), [&*lecce, &luca]);
}

#[test]
fn a_cohost_is_heard_while_their_call_is_on_air_and_they_are_neither_muted_nor_unseen_by_their_own_setting() {
    let mut evening = Evening::new();
    let is_heard = |evening: &Evening| evening.heard("program").contains(&"cohost:luca +0.0 dB".to_owned());
    assert!(is_heard(&evening));
    evening.set("cohost:luca", |strip| strip.muted = true);
    assert!(!is_heard(&evening));
    evening.set("cohost:luca", |strip| (strip.muted, strip.mode) = (false, StripMode::Afv));
    assert!(!is_heard(&evening));
    evening.do_it(r#"{"type": "cut_to", "source": "cohost:luca"}"#);
    assert!(is_heard(&evening));
    evening.do_it(r#"{"type": "set_mute", "cohost": "luca", "muted": true}"#);
    assert!(!is_heard(&evening));
    evening.do_it(r#"{"type": "set_mute", "cohost": "luca", "muted": false}"#);
    assert!(is_heard(&evening));
    evening.do_it(r#"{"type": "take_off_air", "cohost": "luca"}"#);
    assert!(!is_heard(&evening));
    assert!(evening.heard("call:luca").contains(&"cohost:mara +0.0 dB".to_owned()), "who waits hears program");
}

#[test]
fn a_private_talk_is_heard_by_the_two_who_have_it_and_by_nobody_else() {
    let mut evening = Evening::new();
    for name in ["Anna", "Bea"] {
        evening.tell(Fact::Arrived { actor: Actor::Operator(name.parse().unwrap()) });
        evening.tell(Fact::TalkbackOpened { operator: name.parse().unwrap() });
    }
    let solo = |strips: &[&str]| {
        let strips = strips.iter().map(|word| strip(word)).collect();
        Command::SetSolo { strips, kind: SoloKind::Pfl }
    };
    evening.ask("Bea", solo(&["cohost:luca", "city:lecce"])).unwrap();
    assert_eq!(evening.heard("monitor:Bea"), ["cohost:luca +0.0 dB", "city:lecce +0.0 dB"]);
    evening.do_it(r#"{"type": "take_off_air", "cohost": "luca"}"#);
    evening.do_it(r#"{"type": "screen_call", "cohost": "luca"}"#);
    assert_eq!(
        evening.heard("call:luca"),
        ["city:lecce -12.0 dB", "cohost:mara -12.0 dB", "talkback:Anna +0.0 dB"],
        "whoever screens, over program"
    );
    assert_eq!(evening.heard("monitor:Anna"), ["cohost:luca +0.0 dB", "city:lecce -12.0 dB", "cohost:mara -12.0 dB"]);
    for mix in ["program", "radio", "return:lecce", "return:roma", "call:mara", "monitor:Bea"] {
        let heard = evening.heard(mix);
        assert!(heard.iter().all(|heard| !heard.contains("luca") && !heard.contains("talkback")), "{mix}: {heard:?}");
    }
}

#[test]
fn the_radio_has_levels_of_its_own_and_program_none_of_them() {
    let mut evening = Evening::new();
    evening.set("cohost:luca", |strip| strip.radio_db = Some(db(6.0)));
    evening.set("city:lecce", |strip| (strip.fader_db, strip.radio_db) = (db(-3.0), Some(db(-60.0))));
    assert_eq!(evening.heard("program"), ["city:lecce -3.0 dB", "cohost:luca +0.0 dB", "cohost:mara +0.0 dB"]);
    assert_eq!(evening.heard("radio"), ["cohost:luca +6.0 dB", "cohost:mara +0.0 dB"]);
    evening.do_it(r#"{"type": "set_mix", "mix": "radio", "fader_db": -4.5}"#);
    let plan = evening.plan();
    let fader = |mix: &Mix| plan.mix(mix).unwrap().fader;
    assert_eq!((fader(&Mix::Radio), fader(&Mix::Program)), (db(-4.5), Fader::UNITY));
    let monitor = Command::SetMix { mix: "monitor:Anna".parse().unwrap(), fader_db: Fader::UNITY };
    assert_eq!(evening.ask("Anna", monitor).unwrap_err().code(), "bad-value");
}

#[test]
fn a_groups_fader_adds_to_those_of_its_strips_and_its_mute_silences_them() {
    let mut evening = Evening::new();
    let group = 2.try_into().unwrap();
    for of in ["cohost:luca", "cohost:mara"] {
        evening.set(of, |strip| (strip.group, strip.fader_db) = (Some(group), db(-2.0)));
    }
    evening.anna(Command::SetGroup { group, fader_db: db(-4.0), muted: false });
    assert_eq!(evening.heard("program"), ["city:lecce +0.0 dB", "cohost:luca -6.0 dB", "cohost:mara -6.0 dB"]);
    evening.anna(Command::SetGroup { group, fader_db: db(-4.0), muted: true });
    assert_eq!(evening.heard("program"), ["city:lecce +0.0 dB"]);
    evening.anna(Command::Undo {});
    assert_eq!(evening.heard("return:lecce"), ["cohost:luca -6.0 dB", "cohost:mara -6.0 dB"]);
}

#[test]
fn a_city_out_of_the_picture_is_silent_unless_the_rules_or_its_strip_say_otherwise() {
    let mut evening = Evening::new();
    let is_heard = |evening: &Evening| evening.heard("program").contains(&"city:roma +0.0 dB".to_owned());
    assert!(!is_heard(&evening));
    let mut settings = Settings::default();
    settings.sound.ambience = crate::show::Ambience::Always;
    evening.anna(Command::SetSettings { settings });
    assert!(is_heard(&evening));
    evening.anna(Command::SetSettings { settings: Settings::default() });
    evening.set("city:roma", |strip| strip.mode = StripMode::On);
    assert!(is_heard(&evening));
}

#[test]
fn talkback_reaches_those_who_are_spoken_to_and_program_goes_down_for_them() {
    let mut evening = Evening::new();
    let operator = || "Anna".parse().unwrap();
    evening.talk("city:roma", true);
    assert_eq!(evening.heard("return:roma")[0], "city:lecce +0.0 dB", "there is no microphone yet");
    evening.tell(Fact::TalkbackOpened { operator: operator() });
    evening.talk("city:roma", true);
    assert_eq!(
        evening.heard("return:roma"),
        ["city:lecce -12.0 dB", "cohost:luca -12.0 dB", "cohost:mara -12.0 dB", "talkback:Anna +0.0 dB"]
    );
    for mix in ["program", "radio", "return:lecce", "call:luca"] {
        assert!(evening.heard(mix).iter().all(|heard| !heard.starts_with("talkback") && heard.ends_with("+0.0 dB")));
    }
    evening.talk("cohosts", true);
    assert!(evening.heard("call:luca").contains(&"talkback:Anna +0.0 dB".to_owned()));
    evening.talk("city:roma", false);
    assert_eq!(evening.heard("return:roma")[0], "city:lecce +0.0 dB");
    assert!(evening.heard("call:mara").contains(&"talkback:Anna +0.0 dB".to_owned()));
    evening.talk("all", false);
    assert!(evening.show.snapshot().talks.is_empty());
}

#[test]
fn whoever_speaks_is_silent_when_they_or_their_microphone_go() {
    let mut evening = Evening::new();
    let (actor, operator) = (Actor::Operator("Anna".parse().unwrap()), || "Anna".parse().unwrap());
    evening.tell(Fact::Arrived { actor: actor.clone() });
    evening.tell(Fact::TalkbackOpened { operator: operator() });
    evening.talk("all", true);
    evening.tell(Fact::TalkbackClosed { operator: operator() });
    assert!(evening.show.snapshot().talks.is_empty());
    evening.tell(Fact::TalkbackOpened { operator: operator() });
    evening.talk("all", true);
    evening.anna(Command::SetSolo { strips: vec![strip("city:roma")], kind: SoloKind::Pfl });
    let outputs = evening.tell(Fact::Departed { actor });
    let state = evening.show.snapshot();
    assert!(state.talks.is_empty() && state.solos.is_empty());
    let told = |wanted: fn(&Event) -> bool| {
        outputs.iter().any(|output| matches!(output, Output::Event(recorded) if wanted(&recorded.event)))
    };
    assert!(told(|event| matches!(event, Event::TalkChanged { to, .. } if to.is_empty())));
    assert!(told(|event| matches!(event, Event::SoloChanged { solo, .. } if solo.strips.is_empty())));
}

#[test]
fn who_is_spoken_to_is_told_and_nobody_else() {
    let mut evening = Evening::new();
    evening.tell(Fact::TalkbackOpened { operator: "Anna".parse().unwrap() });
    evening.talk("city:roma", true);
    let view = evening.show.view(at(evening.now));
    let told = |who: &str| view.for_actor(&who.parse().unwrap()).talks.map(|talks| talks.len());
    assert_eq!(told("city:roma"), Some(1));
    assert_eq!((told("city:lecce"), told("cohost:luca"), told("viewer")), (Some(0), Some(0), None));
    assert_eq!(told("operator:Bea"), Some(1));
}

#[test]
fn an_operator_listens_to_program_or_to_what_they_choose() {
    let mut evening = Evening::new();
    evening.tell(Fact::Arrived { actor: Actor::Operator("Anna".parse().unwrap()) });
    assert_eq!(evening.heard("monitor:Anna"), evening.heard("program"));
    evening.set("city:roma", |strip| (strip.fader_db, strip.muted) = (db(-20.0), true));
    let strips = || vec![strip("city:roma"), strip("cohost:luca")];
    evening.anna(Command::SetSolo { strips: strips(), kind: SoloKind::Pfl });
    assert_eq!(evening.heard("monitor:Anna"), ["city:roma +0.0 dB", "cohost:luca +0.0 dB"], "before the fader");
    evening.anna(Command::SetSolo { strips: strips(), kind: SoloKind::Afl });
    assert_eq!(evening.heard("monitor:Anna"), ["cohost:luca +0.0 dB"], "after the fader");
    let view = evening.show.view(at(evening.now));
    assert_eq!(view.solos.as_ref().unwrap()[0].solo.strips, strips());
    assert_eq!(view.for_actor(&"city:roma".parse().unwrap()).solos, None);
    evening.anna(Command::SetSolo { strips: vec![], kind: SoloKind::Afl });
    assert_eq!(evening.heard("monitor:Anna"), evening.heard("program"));
    for wrong in ["talkback:Anna", "city:atlantide", "music:niente"] {
        assert!(evening.ask("Anna", Command::SetSolo { strips: vec![strip(wrong)], kind: SoloKind::Pfl }).is_err());
    }
}

#[test]
fn music_plays_fades_and_ends_and_the_desk_hears_it_meanwhile() {
    let mut evening = Evening::new();
    let play = r#"{"type": "play_music", "media": "sigla", "fade_ms": 200, "fader_db": -8}"#;
    let outputs = evening.do_it(play);
    let media = || "sigla".parse().unwrap();
    let (began, position) = (at(evening.now), Duration::ZERO);
    let plays = Effect::PlayMusic { media: media(), began, position, loops: false, fade: Duration::from_millis(200) };
    assert_eq!(effects(&outputs), [&plays]);
    assert!(evening.heard("program").contains(&"music:sigla -8.0 dB".to_owned()));
    let view = evening.show.view(at(evening.now)).playing.unwrap();
    assert_eq!((view[0].ends, view[0].fades), (Some(at(evening.now + 10_000)), false));

    let outputs = evening.do_it(r#"{"type": "stop_music", "media": "sigla", "fade_ms": 3000}"#);
    assert_eq!(effects(&outputs), [&Effect::StopMusic { media: media(), fade: Duration::from_secs(3) }]);
    assert_eq!(outputs.last(), Some(&Output::Timeout(at(evening.now + 3000))));
    assert!(evening.heard("radio").contains(&"music:sigla -8.0 dB".to_owned()), "it is heard while it fades");
    evening.wait(3000);
    assert!(evening.show.snapshot().playing.is_empty());

    evening.do_it(r#"{"type": "play_music", "media": "sigla", "loops": true}"#);
    let began = at(evening.now);
    evening.wait(25_000);
    assert_eq!(evening.show.view(at(evening.now)).playing.unwrap()[0].ends, None);
    let outputs = evening.do_it(r#"{"type": "set_music_loop", "media": "sigla", "loops": false}"#);
    assert_eq!(effects(&outputs), [&Effect::SetMusicLoop { media: media(), loops: false }]);
    assert_eq!(evening.show.view(at(evening.now)).playing.unwrap()[0].ends, Some(at(evening.now + 4000)));
    let outputs = evening.tell(Fact::MusicEnded { media: media(), began: at(1) });
    assert!(outputs.is_empty(), "it was started again since: {outputs:?}");
    let outputs = evening.tell(Fact::MusicEnded { media: media(), began });
    assert!(effects(&outputs).is_empty() && evening.show.snapshot().playing.is_empty());
    assert_eq!(evening.ask("Anna", Command::Undo {}).map(drop), Ok(()), "the fader that was set goes back");
    assert_eq!(evening.show.snapshot().strip(&strip("music:sigla")), Some(Strip::of(&strip("music:sigla"))));
}

#[test]
fn a_piece_that_is_not_there_and_a_fade_without_an_end_are_refused() {
    let mut evening = Evening::new();
    let mut code = |written: &str| evening.ask("Anna", serde_json::from_str(written).unwrap()).unwrap_err().code();
    assert_eq!(code(r#"{"type": "play_music", "media": "niente"}"#), "unknown-media");
    assert_eq!(code(r#"{"type": "stop_music", "media": "niente"}"#), "unknown-media");
    assert_eq!(code(r#"{"type": "play_music", "media": "sigla", "fade_ms": 30001}"#), "bad-value");
    assert_eq!(evening.do_it(r#"{"type": "stop_music", "media": "sigla"}"#).len(), 0, "it is silent already");
}

#[test]
fn music_goes_down_under_voices_unless_settings_or_strips_say_otherwise() {
    let mut evening = Evening::new();
    assert_eq!(evening.plan().ducking, None, "nothing that plays would go down");
    evening.do_it(r#"{"type": "play_music", "media": "sigla"}"#);
    let role = |evening: &Evening, of: &str| {
        let plan = evening.plan();
        plan.strips.iter().find(|plan| plan.strip == strip(of)).map(|plan| plan.ducking).unwrap()
    };
    assert_eq!(evening.plan().ducking.unwrap().depth_db, 12);
    let roles = ["cohost:luca", "music:sigla", "city:roma"].map(|of| role(&evening, of));
    assert_eq!(roles, [DuckRole::Key, DuckRole::Ducked, DuckRole::None]);
    assert!(evening.plan().mixes.iter().all(|mix| mix.ducks));
    evening.set("music:sigla", |strip| strip.ducking = StripDucking::None);
    evening.set("city:roma", |strip| strip.ducking = StripDucking::Ducked);
    assert_eq!(["music:sigla", "city:roma"].map(|of| role(&evening, of)), [DuckRole::None, DuckRole::Ducked]);
}

#[test]
fn a_strips_own_ramps_reach_the_engines() {
    let mut evening = Evening::new();
    evening.set("city:roma", |strip| strip.ramps = Some(Ramps { opens_ms: 50, closes_ms: 900 }));
    let plan = evening.plan();
    let ramps: Vec<_> = plan.strips.iter().map(|strip| strip.ramps).collect();
    assert_eq!(ramps[..2], [None, Some((Duration::from_millis(50), Duration::from_millis(900)))]);
    let wrong = Strip { ramps: Some(Ramps { opens_ms: 5, closes_ms: 900 }), ..Strip::default() };
    let refused = evening.ask("Anna", Command::SetStrip { of: strip("city:roma"), strip: wrong }).unwrap_err();
    assert_eq!(refused.code(), "bad-value");
}

#[test]
fn radios_are_told_what_is_on() {
    let mut evening = Evening::new();
    let titles = |outputs: &[Output]| -> Vec<String> {
        let title = |output: &Output| match output {
            Output::Effect(Effect::SetRadioTitle { title }) => Some(title.clone()),
            _ => None,
        };
        outputs.iter().filter_map(title).collect()
    };
    evening.do_it(r#"{"type": "add_cue", "cue": {"title": "Roma canta"}}"#);
    let outputs = evening.do_it(r#"{"type": "take_next"}"#);
    assert_eq!(titles(&outputs), ["Una sera - Roma canta"]);
    let outputs = evening.do_it(r#"{"type": "set_title", "title": "Due sere"}"#);
    assert_eq!(titles(&outputs), ["Due sere - Roma canta"]);
    assert!(titles(&evening.do_it(r#"{"type": "cut_to", "source": "city:roma"}"#)).is_empty());
}
