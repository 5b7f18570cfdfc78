//! The elements that may do a job, the best first, software last: who loses one goes on with the next.

/// An element that can be put into a pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rung {
    element: &'static str,
    text: String,
}

impl Rung {
    pub(super) fn new(element: &'static str, text: String) -> Self {
        Self { element, text }
    }

    /// Its name in GStreamer's registry.
    pub fn element(&self) -> &'static str {
        self.element
    }

    /// It, and what it needs around it, in gst-launch syntax, without placeholders.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// What is used, and what takes over when that fails. It never runs out: the last rung is kept whatever it does.
#[derive(Debug, Clone)]
pub struct Ladder {
    chosen: Rung,
    /// What is below, the best first.
    below: Vec<Rung>,
    fault: Option<String>,
}

impl Ladder {
    /// A ladder of these rungs, from the top; `software` is the lowest.
    pub(super) fn new(better: impl IntoIterator<Item = Rung>, software: Rung) -> Self {
        let mut below: Vec<_> = better.into_iter().chain([software]).collect();
        let chosen = below.remove(0);
        Self { chosen, below, fault: None }
    }

    /// The same, with a reason why it is not what was wished for.
    pub(super) fn instead_of(mut self, wished: &str, why: &str) -> Self {
        let fault = format!("{wished}: {why}; {} is used", self.chosen.element);
        tracing::error!(wished, why, used = self.chosen.element, "what the settings name is of no use");
        self.fault = Some(fault);
        self
    }

    /// What to use.
    pub fn chosen(&self) -> &Rung {
        &self.chosen
    }

    /// The chosen one failed: answers what to use from now on, which is the same again if there is nothing below it.
    pub fn failed(&mut self, why: &str) -> &Rung {
        if !self.below.is_empty() {
            let failed = std::mem::replace(&mut self.chosen, self.below.remove(0)).element;
            let now = self.chosen.element;
            tracing::error!(failed, why, now, "a codec failed: another one takes over");
            self.fault = Some(format!("{failed}: {why}; {now} took over"));
        }
        &self.chosen
    }

    /// Whether there is nothing below the chosen one.
    pub fn is_at_the_end(&self) -> bool {
        self.below.is_empty()
    }

    /// Why the chosen one is used instead of a better one, if that is by a fault: for an alarm.
    pub fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rung(element: &'static str) -> Rung {
        Rung::new(element, format!("{element} name=encoder"))
    }

    #[test]
    fn who_fails_makes_room_for_the_next_one_and_software_stays() {
        let mut ladder = Ladder::new([rung("vah264enc"), rung("nvh264enc")], rung("x264enc"));
        assert_eq!((ladder.chosen().element(), ladder.fault()), ("vah264enc", None));
        assert_eq!(ladder.failed("no frame").element(), "nvh264enc");
        assert_eq!(ladder.fault(), Some("vah264enc: no frame; nvh264enc took over"));
        assert!(!ladder.is_at_the_end());
        assert_eq!(ladder.failed("gone").element(), "x264enc");
        assert!(ladder.is_at_the_end());
        assert_eq!(ladder.failed("a pipeline fails for other reasons too").element(), "x264enc");
        assert_eq!(ladder.fault(), Some("nvh264enc: gone; x264enc took over"));
    }

    #[test]
    fn what_was_wished_for_in_vain_is_told() {
        let ladder = Ladder::new([], rung("x264enc")).instead_of("va", "it is not there");
        assert_eq!(
            (ladder.chosen().element(), ladder.fault()),
            ("x264enc", Some("va: it is not there; x264enc is used"))
        );
    }
}
