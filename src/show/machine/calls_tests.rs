//! Calls through the whole machine: who is let in, who is talked to, whose turn comes, and who may know what.

use std::time::Duration;

use super::*;
use crate::show::{
    Call, CallEnd, CallKind, CallRule, CallState, CohostView, Effect, NextCaller, Output, Role, Settings,
};

const NUMBER: &str = "+393331234567";

fn id(word: &str) -> CohostId {
    word.parse().unwrap()
}

fn number() -> PhoneNumber {
    NUMBER.parse().unwrap()
}

/// An evening at which each thing happens a second after the one before.
struct Evening {
    show: Show,
    now: u64,
}

impl Evening {
    /// With these co-hosts, who are guests, on the line.
    fn with_guests(guests: &[&str]) -> Self {
        let setup = Setup { title: "Una sera".into(), cities: Vec::new() };
        let mut show = Show::new(setup, WallTime::from_unix_micros(1_000_000_000), ShowTime::default()).unwrap();
        let _ = show.start(ShowTime::default());
        let mut evening = Self { show, now: 0 };
        for guest in guests {
            evening.anna(Command::AddCohost { id: id(guest), name: guest.to_uppercase() });
            evening.anna(Command::SetCallKind { cohost: id(guest), kind: CallKind::Guest });
            evening.saw(Fact::CohostJoined { cohost: id(guest) });
        }
        evening
    }

    fn at(&mut self) -> ShowTime {
        self.now += 1;
        ShowTime::new(Duration::from_secs(self.now))
    }

    fn ask(&mut self, caller: &Caller, command: Command) -> Result<Vec<Output>, Rejection> {
        let now = self.at();
        self.show.command(command, caller, now).map(Iterator::collect)
    }

    /// Anna, who directs, has it done; what engines must do about calls.
    fn anna(&mut self, command: Command) -> Vec<Effect> {
        call_effects(self.ask(&anna(), command).unwrap())
    }

    fn refused(&mut self, command: Command) -> &'static str {
        let before = self.show.snapshot();
        let code = self.ask(&anna(), command).unwrap_err().code();
        assert_eq!(self.show.snapshot(), before, "a refused command changes nothing");
        code
    }

    fn saw(&mut self, fact: Fact) -> Vec<Effect> {
        let now = self.at();
        call_effects(self.show.observe(fact, now).collect())
    }

    /// A telephone rings.
    fn ring(&mut self, cohost: &str) -> Vec<Effect> {
        self.saw(Fact::PhoneRang { cohost: id(cohost), name: Some("Bea".into()), number: Some(number()) })
    }

    fn call(&self, cohost: &str) -> &Call {
        &self.show.state.cohost(&id(cohost)).unwrap().call
    }

    /// How far the call is, in words.
    fn is(&self, cohost: &str) -> String {
        self.call(cohost).state.to_string()
    }

    fn on_air(&self) -> Vec<&str> {
        let seats = self.show.state.cohosts.iter();
        seats.filter(|seat| seat.is_on_air()).map(|seat| seat.id.as_str()).collect()
    }

    fn queue(&self) -> Vec<&str> {
        self.show.state.calls.queue.iter().map(CohostId::as_str).collect()
    }

    fn rule(&mut self, next_caller: NextCaller, one_at_a_time: bool) {
        let calls = CallRule { next_caller, one_at_a_time };
        self.anna(Command::SetSettings { settings: Settings { calls, ..Settings::default() } });
    }

    /// All of them are put in the queue, in this order.
    fn enqueue(&mut self, guests: &[&str]) {
        for guest in guests {
            self.anna(Command::HoldCall { cohost: id(guest) });
            self.anna(Command::QueueCall { cohost: id(guest), position: None });
        }
    }

    fn seen_by(&mut self, actor: &Actor) -> Vec<CohostView> {
        let now = self.at();
        self.show.view(now).for_actor(actor).cohosts.unwrap_or_default()
    }
}

fn anna() -> Caller {
    Caller::new("operator:Anna".parse().unwrap(), [Role::Director])
}

fn call_effects(outputs: Vec<Output>) -> Vec<Effect> {
    let about_calls = |output| match output {
        Output::Effect(
            effect @ (Effect::AnswerCall { .. }
            | Effect::HangUp { .. }
            | Effect::RefuseWithheld { .. }
            | Effect::Dial { .. }),
        ) => Some(effect),
        _ => None,
    };
    outputs.into_iter().filter_map(about_calls).collect()
}

#[test]
fn a_guest_rings_is_talked_to_waits_and_goes_on_air() {
    let mut evening = Evening::with_guests(&["luca"]);
    assert_eq!(evening.is("luca"), "ringing");
    assert_eq!(evening.refused(Command::PutOnAir { cohost: id("luca") }), "call-state");
    assert_eq!(evening.refused(Command::QueueCall { cohost: id("luca"), position: None }), "call-state");
    evening.anna(Command::ScreenCall { cohost: id("luca") });
    let seat = evening.show.state.cohost(&id("luca")).unwrap();
    assert_eq!(seat.private_with().map(|name| name.as_str()), Some("Anna"));
    evening.anna(Command::QueueCall { cohost: id("luca"), position: None });
    assert_eq!((evening.is("luca").as_str(), evening.queue()), ("waiting for their turn", vec!["luca"]));
    evening.anna(Command::PutOnAir { cohost: id("luca") });
    assert_eq!((evening.on_air(), evening.queue().len()), (vec!["luca"], 0));
    assert_eq!(evening.refused(Command::HoldCall { cohost: id("luca") }), "call-state");
    evening.anna(Command::TakeOffAir { cohost: id("luca") });
    assert_eq!(evening.is("luca"), "on hold");
    let effects = evening.anna(Command::HangUp { cohost: id("luca") });
    assert_eq!(effects, [Effect::HangUp { cohost: id("luca") }]);
    evening.saw(Fact::CohostLeft { cohost: id("luca") });
    assert_eq!(evening.is("luca"), "gone");
}

#[test]
fn a_host_needs_no_screening() {
    let mut evening = Evening::with_guests(&[]);
    evening.anna(Command::AddCohost { id: id("bea"), name: "Bea".into() });
    assert_eq!(evening.refused(Command::PutOnAir { cohost: id("bea") }), "call-state");
    evening.saw(Fact::CohostJoined { cohost: id("bea") });
    evening.anna(Command::LockCalls { on: true });
    evening.anna(Command::PutOnAir { cohost: id("bea") });
    assert_eq!(evening.on_air(), ["bea"]);
}

#[test]
fn who_is_on_air_and_drops_out_is_back_on_air_within_a_minute() {
    let mut evening = Evening::with_guests(&["luca"]);
    evening.enqueue(&["luca"]);
    evening.anna(Command::TakeNextCaller {});
    evening.saw(Fact::CohostLeft { cohost: id("luca") });
    assert_eq!(evening.on_air(), [""; 0]);
    evening.saw(Fact::CohostJoined { cohost: id("luca") });
    assert_eq!(evening.on_air(), ["luca"]);
    evening.saw(Fact::CohostLeft { cohost: id("luca") });
    evening.now += 60;
    evening.saw(Fact::CohostJoined { cohost: id("luca") });
    assert_eq!(evening.is("luca"), "on hold");
}

#[test]
fn the_lock_keeps_guests_off_the_air_and_lets_those_on_it_be() {
    let mut evening = Evening::with_guests(&["luca", "mara"]);
    evening.enqueue(&["luca", "mara"]);
    evening.anna(Command::TakeNextCaller {});
    evening.anna(Command::LockCalls { on: true });
    assert_eq!(evening.on_air(), ["luca"]);
    assert_eq!(evening.refused(Command::TakeNextCaller {}), "calls-locked");
    assert_eq!(evening.refused(Command::PutOnAir { cohost: id("mara") }), "calls-locked");
    evening.saw(Fact::CohostLeft { cohost: id("luca") });
    evening.saw(Fact::CohostJoined { cohost: id("luca") });
    assert_eq!(evening.is("luca"), "on hold", "the lock holds who comes back");
    evening.anna(Command::LockCalls { on: false });
    evening.anna(Command::TakeNextCaller {});
    assert_eq!(evening.on_air(), ["mara"]);
}

#[test]
fn the_rule_says_whose_turn_comes() {
    for (rule, taken) in [
        (NextCaller::QueueOrder, ["mara", "luca", "nina"]),
        (NextCaller::LongestWaiting, ["luca", "mara", "nina"]),
        (NextCaller::OtherCityFirst, ["mara", "nina", "luca"]),
    ] {
        let mut evening = Evening::with_guests(&["luca", "mara", "nina"]);
        evening.rule(rule, true);
        for (guest, city) in [("luca", "Bari"), ("mara", "bari"), ("nina", "Roma")] {
            evening.anna(Command::NoteCall { cohost: id(guest), name: None, city: Some(city.into()), point: None });
        }
        evening.enqueue(&["luca", "mara", "nina"]);
        evening.anna(Command::MoveCall { cohost: id("mara"), to: 0 });
        assert_eq!(evening.queue(), ["mara", "luca", "nina"]);
        for guest in taken {
            evening.anna(Command::TakeNextCaller {});
            assert_eq!(evening.on_air(), [guest], "{rule:?}");
        }
        assert_eq!(evening.refused(Command::TakeNextCaller {}), "no-caller");
    }
}

#[test]
fn guests_stay_on_air_together_if_the_rule_lets_them() {
    let mut evening = Evening::with_guests(&["luca", "mara"]);
    evening.rule(NextCaller::QueueOrder, false);
    evening.enqueue(&["luca", "mara"]);
    evening.anna(Command::TakeNextCaller {});
    evening.anna(Command::TakeNextCaller {});
    assert_eq!(evening.on_air(), ["luca", "mara"]);
}

#[test]
fn a_place_in_the_queue_can_be_chosen_and_changed() {
    let mut evening = Evening::with_guests(&["luca", "mara", "nina"]);
    evening.enqueue(&["luca", "mara"]);
    evening.anna(Command::HoldCall { cohost: id("nina") });
    assert_eq!(evening.refused(Command::MoveCall { cohost: id("nina"), to: 0 }), "call-state");
    evening.anna(Command::QueueCall { cohost: id("nina"), position: Some(0) });
    assert_eq!(evening.queue(), ["nina", "luca", "mara"]);
    evening.anna(Command::MoveCall { cohost: id("nina"), to: 9 });
    assert_eq!(evening.queue(), ["luca", "mara", "nina"]);
    evening.anna(Command::RemoveCohost { cohost: id("mara") });
    assert_eq!(evening.queue(), ["luca", "nina"]);
}

#[test]
fn a_telephone_is_answered_by_whoever_talks_to_it_first() {
    let mut evening = Evening::with_guests(&[]);
    assert_eq!(evening.ring("tel-1"), []);
    assert_eq!((evening.is("tel-1").as_str(), evening.call("tel-1").kind), ("ringing", CallKind::Guest));
    let effects = evening.anna(Command::ScreenCall { cohost: id("tel-1") });
    assert_eq!(effects, [Effect::AnswerCall { cohost: id("tel-1") }]);
    evening.saw(Fact::PhoneAnswered { cohost: id("tel-1") });
    assert_eq!(evening.is("tel-1"), "in a private talk");
    assert_eq!(evening.anna(Command::HoldCall { cohost: id("tel-1") }), [], "it is answered once");
    evening.saw(Fact::PhoneEnded { cohost: id("tel-1"), why: CallEnd::Left });
    assert_eq!(evening.show.state.cohost(&id("tel-1")), None, "nothing was noted: nobody is kept");
}

#[test]
fn the_keys_that_a_telephone_presses_are_the_screeners_to_see() {
    let mut evening = Evening::with_guests(&["luca"]);
    let press = |cohost: &str, key| Fact::PhoneKey { cohost: id(cohost), key };
    evening.ring("tel-1");
    evening.anna(Command::ScreenCall { cohost: id("tel-1") });
    evening.saw(Fact::PhoneAnswered { cohost: id("tel-1") });
    for key in "12345678901*#".chars() {
        evening.saw(press("tel-1", key));
    }
    evening.saw(press("luca", '1'));
    evening.saw(press("tel-1", '<'));
    assert_eq!(evening.call("tel-1").keys, "2345678901*#", "the newest twelve");
    assert_eq!(evening.call("luca").keys, "", "a browser has no keys");
    let keys = |seats: Vec<CohostView>| seats.last().and_then(|seat| seat.call.as_ref()?.keys.clone());
    assert_eq!(keys(evening.seen_by(&anna().actor)).as_deref(), Some("2345678901*#"));
    assert_eq!(keys(evening.seen_by(&Actor::Cohost(id("tel-1")))), None);
    evening.anna(Command::NoteCall { cohost: id("tel-1"), name: None, city: Some("Bari".into()), point: None });
    evening.saw(Fact::PhoneEnded { cohost: id("tel-1"), why: CallEnd::Left });
    evening.saw(press("tel-1", '1'));
    assert_eq!(evening.call("tel-1").keys, "");
}

#[test]
fn a_telephone_caller_who_was_removed_does_not_come_back_as_somebody_else() {
    let mut evening = Evening::with_guests(&[]);
    evening.ring("tel-1");
    evening.anna(Command::UpdateCohost { cohost: id("tel-1"), name: "Bea R.".into() });
    let hung_up = evening.anna(Command::RemoveCohost { cohost: id("tel-1") });
    assert_eq!(hung_up, [Effect::HangUp { cohost: id("tel-1") }]);
    // What can be taken back last is the change of their name, and that is not there any more.
    assert_eq!(evening.refused(Command::Undo {}), "cannot-undo");
    evening.anna(Command::Dial { number: number(), name: "Luca".into() });
    let luca = evening.show.state.cohosts[0].id.clone();
    evening.anna(Command::RemoveCohost { cohost: luca.clone() });
    assert!(evening.ask(&anna(), Command::Undo {}).is_err());
    assert_eq!(evening.show.state.cohosts.len(), 0);
}

#[test]
fn a_caller_of_whom_something_was_noted_is_kept() {
    let mut evening = Evening::with_guests(&[]);
    evening.ring("tel-1");
    let point = Some("Il porto".to_owned());
    evening.anna(Command::NoteCall { cohost: id("tel-1"), name: None, city: None, point });
    evening.saw(Fact::PhoneEnded { cohost: id("tel-1"), why: CallEnd::Failed });
    assert_eq!(evening.is("tel-1"), "gone");
    assert_eq!(evening.show.number(&id("tel-1")), Some(&number()), "they can be called back");
}

#[test]
fn who_is_dialled_talks_to_whoever_had_them_dialled() {
    let mut evening = Evening::with_guests(&[]);
    let effects = evening.anna(Command::Dial { number: number(), name: "Luca".into() });
    let [Effect::Dial { cohost, number: dialled }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(dialled, &number());
    let seat = cohost.as_str();
    assert_eq!(evening.refused(Command::ScreenCall { cohost: cohost.clone() }), "call-state");
    evening.saw(Fact::PhoneAnswered { cohost: cohost.clone() });
    assert_eq!(evening.is(seat), "in a private talk");
    assert_eq!(evening.refused(Command::Dial { number: "bob".parse().unwrap(), name: "Bob".into() }), "bad-value");
}

#[test]
fn nobody_is_let_in_who_is_blocked() {
    let mut evening = Evening::with_guests(&["luca"]);
    evening.ring("tel-1");
    let refused = |cohost: &str| [Effect::HangUp { cohost: id(cohost) }];
    assert_eq!(evening.anna(Command::BlockCall { cohost: id("tel-1") }), refused("tel-1"));
    evening.saw(Fact::PhoneEnded { cohost: id("tel-1"), why: CallEnd::Left });
    assert!(evening.show.state.is_number_blocked(&number()), "a blocked number is remembered");
    assert_eq!(evening.ring("tel-2"), refused("tel-2"));
    assert_eq!(evening.show.state.cohost(&id("tel-2")), None);
    assert_eq!(evening.refused(Command::Dial { number: number(), name: "Bea".into() }), "number-blocked");
    assert_eq!(evening.anna(Command::BlockCall { cohost: id("luca") }), refused("luca"));
    evening.saw(Fact::CohostLeft { cohost: id("luca") });
    assert_eq!(evening.saw(Fact::CohostJoined { cohost: id("luca") }), refused("luca"));
    evening.anna(Command::UnblockCall { cohost: id("luca") });
    evening.saw(Fact::CohostJoined { cohost: id("luca") });
    assert_eq!(evening.is("luca"), "ringing");
}

#[test]
fn callers_who_withhold_their_number_are_each_their_own_and_to_block_one_blocks_no_other() {
    let mut evening = Evening::with_guests(&[]);
    let ring = |cohost: &str| Fact::PhoneRang { cohost: id(cohost), name: None, number: None };
    evening.saw(ring("tel-1"));
    evening.saw(ring("tel-2"));
    let names: Vec<_> = evening.show.state.cohosts.iter().map(|seat| seat.name.clone()).collect();
    assert_eq!(names, ["••• 1", "••• 2"]);
    assert!(evening.call("tel-1").withholds_number() && evening.show.number(&id("tel-1")).is_none());
    let hung_up = evening.anna(Command::BlockCall { cohost: id("tel-1") });
    assert_eq!(hung_up, [Effect::HangUp { cohost: id("tel-1") }]);
    assert_eq!(evening.is("tel-2"), "ringing", "the other call goes on");
    evening.saw(Fact::PhoneEnded { cohost: id("tel-1"), why: CallEnd::HungUp });
    assert_eq!(evening.show.state.cohost(&id("tel-1")), None, "nobody is remembered who cannot be known again");
    assert_eq!(evening.saw(ring("tel-3")), [], "others who withhold theirs may call");
    assert_eq!(evening.is("tel-3"), "ringing");
}

#[test]
fn numbers_that_are_withheld_can_be_refused_altogether() {
    let mut evening = Evening::with_guests(&[]);
    let ring = |cohost: &str| Fact::PhoneRang { cohost: id(cohost), name: Some("Bea".into()), number: None };
    evening.saw(ring("tel-1"));
    evening.anna(Command::RefuseWithheld { on: true });
    assert_eq!(evening.is("tel-1"), "ringing", "who is on the line stays there");
    assert_eq!(evening.saw(ring("tel-2")), [Effect::RefuseWithheld { cohost: id("tel-2") }]);
    assert_eq!(evening.show.state.cohost(&id("tel-2")), None);
    assert_eq!(evening.ring("tel-3"), [], "a number that is told is taken");
    let now = evening.at();
    let mut evening = Evening { show: Show::restore(evening.show.snapshot(), now).unwrap(), now: 60 };
    assert_eq!(
        evening.saw(ring("tel-4")),
        [Effect::RefuseWithheld { cohost: id("tel-4") }],
        "a restart keeps the rule"
    );
    evening.anna(Command::RefuseWithheld { on: false });
    assert_eq!(evening.saw(ring("tel-5")), []);
}

#[test]
fn a_telephone_that_finds_no_seat_is_hung_up_on() {
    let guests: Vec<_> = (1..Snapshot::MOST_COHOSTS).map(|n| format!("ospite-{n}")).collect();
    let mut evening = Evening::with_guests(&guests.iter().map(String::as_str).collect::<Vec<_>>());
    evening.ring("tel-1");
    assert_eq!(evening.ring("tel-2"), [Effect::HangUp { cohost: id("tel-2") }]);
    evening.anna(Command::NoteCall { cohost: id("tel-1"), name: None, city: Some("Bari".into()), point: None });
    evening.saw(Fact::PhoneEnded { cohost: id("tel-1"), why: CallEnd::Left });
    assert_eq!(evening.ring("tel-3"), [], "the call that is over gives its seat away");
    assert_eq!(evening.is("tel-3"), "ringing");
}

#[test]
fn either_side_can_mute_and_neither_opens_what_the_other_closed() {
    let mut evening = Evening::with_guests(&["luca"]);
    let mute = |muted| Command::SetMute { cohost: id("luca"), muted };
    evening.anna(mute(true));
    let luca = Caller::cohost(id("luca"));
    evening.ask(&luca, mute(true)).unwrap();
    evening.ask(&luca, mute(false)).unwrap();
    assert_eq!((evening.call("luca").muted_by_desk, evening.call("luca").muted_by_self), (true, false));
    assert!(evening.seen_by(&Actor::Cohost(id("luca")))[0].muted, "they see that the desk muted them");
    let other = evening.ask(&Caller::cohost(id("mara")), mute(true)).unwrap_err();
    assert_eq!(other.code(), "not-yours");
}

#[test]
fn a_screener_who_goes_leaves_nobody_in_silence() {
    let mut evening = Evening::with_guests(&["luca"]);
    let actor = anna().actor;
    evening.saw(Fact::Arrived { actor: actor.clone() });
    evening.anna(Command::ScreenCall { cohost: id("luca") });
    evening.saw(Fact::Departed { actor });
    assert_eq!(evening.is("luca"), "on hold");
}

#[test]
fn a_restart_ends_every_call_and_forgets_who_was_not_noted() {
    let mut evening = Evening::with_guests(&["luca"]);
    evening.enqueue(&["luca"]);
    evening.ring("tel-1");
    evening.ring("tel-2");
    evening.anna(Command::NoteCall { cohost: id("tel-2"), name: Some("Bea R.".into()), city: None, point: None });
    let now = evening.at();
    let mut show = Show::restore(evening.show.snapshot(), now).unwrap();
    let effects: Vec<_> = show.start(now).collect();
    assert!(effects.contains(&Output::Effect(Effect::RemoveCohost { cohost: id("tel-1") })), "its engines go");
    assert_eq!(show.state.check(), Ok(()));
    assert_eq!(show.state.cohosts.iter().map(|seat| seat.id.as_str()).collect::<Vec<_>>(), ["luca", "tel-2"]);
    assert_eq!(show.state.cohost(&id("tel-2")).unwrap().call.state, CallState::Ended { why: CallEnd::Failed, at: now });
    assert_eq!(show.number(&id("tel-2")), Some(&number()));
}

#[test]
fn a_whole_number_is_in_the_snapshot_and_nowhere_else() {
    let mut evening = Evening::with_guests(&[]);
    let now = evening.at();
    let rang = Fact::PhoneRang { cohost: id("tel-1"), name: None, number: Some(number()) };
    assert!(!format!("{rang:?}").contains(NUMBER));
    let outputs: Vec<_> = evening.show.observe(rang, now).collect();
    assert!(!format!("{outputs:?}").contains(NUMBER));
    let log: Vec<Recorded> = outputs
        .into_iter()
        .filter_map(|output| match output {
            Output::Event(recorded) => Some(recorded),
            _ => None,
        })
        .collect();
    let (written, view) =
        (serde_json::to_string(&log).unwrap(), serde_json::to_string(&evening.show.view(now)).unwrap());
    for text in [&written, &view] {
        assert!(text.contains("+39••••••••67") && !text.contains(NUMBER), "{text}");
    }
    let snapshot = serde_json::to_string(&evening.show.snapshot()).unwrap();
    assert!(snapshot.contains(NUMBER));
    assert!(!format!("{:?}", evening.show).contains(NUMBER));
    let read: Vec<Recorded> = serde_json::from_str(&written).unwrap();
    assert!(matches!(&read[0].event, Event::PhoneRang { number: None, .. }));
}

#[test]
fn everybody_sees_of_calls_what_is_theirs() {
    let mut evening = Evening::with_guests(&["luca", "mara"]);
    evening.anna(Command::AddCohost { id: id("bea"), name: "Bea".into() });
    let point = Some("Il porto".to_owned());
    evening.anna(Command::NoteCall { cohost: id("luca"), name: None, city: Some("Bari".into()), point });
    evening.enqueue(&["luca"]);
    let own = evening.seen_by(&Actor::Cohost(id("luca")));
    assert_eq!(own.iter().map(|seat| seat.id.as_str()).collect::<Vec<_>>(), ["luca", "bea"], "callers see no callers");
    let call = own[0].call.as_ref().unwrap();
    assert_eq!((call.place, &call.city, &call.point), (Some(0), &None, &None));
    assert_eq!(own[1].call, None);
    let all = evening.seen_by(&anna().actor);
    assert_eq!(all[0].call.as_ref().unwrap().point.as_deref(), Some("Il porto"));
    evening.anna(Command::TakeNextCaller {});
    let crew = evening.seen_by(&"city:roma".parse().unwrap());
    assert_eq!(
        crew.iter().map(|seat| (seat.id.as_str(), seat.on_air)).collect::<Vec<_>>(),
        [("luca", true), ("bea", false)]
    );
}

#[test]
fn a_round_trip_is_told_when_it_changes_audibly() {
    let mut evening = Evening::with_guests(&["luca"]);
    for (ms, told) in [(80, 80), (90, 80), (101, 101), (0, 0)] {
        evening.saw(Fact::CallRoundTrip { cohost: id("luca"), ms });
        assert_eq!(evening.call("luca").round_trip_ms, Some(told));
    }
    evening.saw(Fact::CohostLeft { cohost: id("luca") });
    assert_eq!(evening.call("luca").round_trip_ms, None);
}
