//! Who sits on a seat while one session takes over from another. Pure: what a session is made of is the hub's affair.

/// A seat's sessions. `S` is a session; whether it *has shown* is whether its media ever were on the channel.
#[derive(Debug, Default)]
pub enum Seating<S> {
    /// Nobody.
    #[default]
    Empty,
    /// One session has the seat.
    Taken(S),
    /// A new session has the seat and has shown nothing yet; the one before it stays on the channel until it does.
    TakingOver {
        /// Has the seat.
        sitting: S,
        /// Is still seen and heard. It has the seat again if the new one ends without having shown anything.
        leaving: S,
    },
}

impl<S> Seating<S> {
    /// Whether nobody is there.
    pub const fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    /// Who has the seat.
    pub const fn sitting(&self) -> Option<&S> {
        match self {
            Self::Empty => None,
            Self::Taken(sitting) | Self::TakingOver { sitting, .. } => Some(sitting),
        }
    }

    /// Who gives it up.
    pub const fn leaving(&self) -> Option<&S> {
        match self {
            Self::Empty | Self::Taken(_) => None,
            Self::TakingOver { leaving, .. } => Some(leaving),
        }
    }

    /// Gives the seat to a new session; answers the one that ends by it. One that has shown something stays until the
    /// new one does, however many come and never connect; one that has not is of no use to anybody.
    pub fn sit(&mut self, new: S, has_shown: impl Fn(&S) -> bool) -> Option<S> {
        let (next, ended) = match std::mem::take(self) {
            Self::Empty => (Self::Taken(new), None),
            Self::Taken(old) if has_shown(&old) => (Self::TakingOver { sitting: new, leaving: old }, None),
            Self::Taken(old) => (Self::Taken(new), Some(old)),
            Self::TakingOver { sitting, leaving } if has_shown(&sitting) => {
                (Self::TakingOver { sitting: new, leaving: sitting }, Some(leaving))
            }
            Self::TakingOver { sitting, leaving } => (Self::TakingOver { sitting: new, leaving }, Some(sitting)),
        };
        *self = next;
        ended
    }

    /// The session that `is` means has shown something; answers the one that ends by it.
    pub fn show(&mut self, is: impl Fn(&S) -> bool) -> Option<S> {
        let (next, ended) = match std::mem::take(self) {
            Self::TakingOver { sitting, leaving } if is(&sitting) => (Self::Taken(sitting), Some(leaving)),
            same => (same, None),
        };
        *self = next;
        ended
    }

    /// Takes the session that `is` means away; answers who ends by it, that one first. One that has shown something is
    /// not followed by the one before it: that one is off the channel for ever.
    pub fn leave(&mut self, is: impl Fn(&S) -> bool, has_shown: impl Fn(&S) -> bool) -> Vec<S> {
        let (next, ended) = match std::mem::take(self) {
            Self::Taken(sitting) if is(&sitting) => (Self::Empty, vec![sitting]),
            Self::TakingOver { sitting, leaving } if is(&sitting) && has_shown(&sitting) => {
                (Self::Empty, vec![sitting, leaving])
            }
            Self::TakingOver { sitting, leaving } if is(&sitting) => (Self::Taken(leaving), vec![sitting]),
            Self::TakingOver { sitting, leaving } if is(&leaving) => (Self::Taken(sitting), vec![leaving]),
            same => (same, Vec::new()),
        };
        *self = next;
        ended
    }

    /// Takes everybody away.
    pub fn clear(&mut self) -> Vec<S> {
        match std::mem::take(self) {
            Self::Empty => Vec::new(),
            Self::Taken(sitting) => vec![sitting],
            Self::TakingOver { sitting, leaving } => vec![sitting, leaving],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Its name, and whether it has shown something.
    type Session = (&'static str, bool);

    fn has_shown(session: &Session) -> bool {
        session.1
    }

    fn is(name: &'static str) -> impl Fn(&Session) -> bool {
        move |session| session.0 == name
    }

    fn who(seating: &Seating<Session>) -> (Option<&'static str>, Option<&'static str>) {
        (seating.sitting().map(|session| session.0), seating.leaving().map(|session| session.0))
    }

    fn taking_over() -> Seating<Session> {
        Seating::TakingOver { sitting: ("new", false), leaving: ("old", true) }
    }

    #[test]
    fn a_session_on_air_stays_until_the_new_one_shows() {
        let mut seating = Seating::default();
        assert_eq!(seating.sit(("old", true), has_shown), None);
        assert_eq!(seating.sit(("new", false), has_shown), None);
        assert_eq!(who(&seating), (Some("new"), Some("old")));
        assert_eq!(seating.show(is("old")), None);
        assert_eq!(seating.show(is("new")), Some(("old", true)));
        assert_eq!(who(&seating), (Some("new"), None));
    }

    #[test]
    fn a_session_that_has_shown_nothing_is_replaced_at_once() {
        let mut seating = Seating::Taken(("old", false));
        assert_eq!(seating.sit(("new", false), has_shown), Some(("old", false)));
        assert_eq!(who(&seating), (Some("new"), None));
    }

    #[test]
    fn of_three_sessions_the_one_on_air_stays() {
        let mut seating = taking_over();
        assert_eq!(seating.sit(("third", false), has_shown), Some(("new", false)));
        assert_eq!(who(&seating), (Some("third"), Some("old")));
        // The news of the first picture may come later than the next session.
        let mut seating = Seating::TakingOver { sitting: ("new", true), leaving: ("old", true) };
        assert_eq!(seating.sit(("third", false), has_shown), Some(("old", true)));
        assert_eq!(who(&seating), (Some("third"), Some("new")));
    }

    #[test]
    fn the_seat_falls_back_to_the_older_session_only_if_the_newer_one_has_shown_nothing() {
        let mut seating = taking_over();
        assert_eq!(seating.leave(is("new"), has_shown), [("new", false)]);
        assert_eq!(who(&seating), (Some("old"), None));
        let mut seating = taking_over();
        assert_eq!(seating.leave(is("old"), has_shown), [("old", true)]);
        assert_eq!(who(&seating), (Some("new"), None));
        let mut seating = Seating::TakingOver { sitting: ("new", true), leaving: ("old", true) };
        assert_eq!(seating.leave(is("new"), has_shown), [("new", true), ("old", true)]);
        assert!(seating.is_empty());
        assert_eq!(taking_over().leave(is("other"), has_shown), []);
        assert_eq!(taking_over().clear().len(), 2);
    }
}
