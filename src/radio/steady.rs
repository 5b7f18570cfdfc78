//! Blocks with instants become one unbroken run: who listens has no clock but the number of samples. Pure.

use std::time::Duration;

use crate::audio::BLOCK_LENGTH;

/// The longest hole that is filled, in blocks. After a longer one players have run dry anyway and begin anew.
const LONGEST_HOLE: i64 = 200;

/// What becomes of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It sounds after so many blocks of silence.
    After(u32),
    /// Its instant has sounded already.
    LeaveOut,
}

/// Knows the instant that comes next.
#[derive(Debug, Default)]
pub(super) struct Steady {
    next: Option<Duration>,
}

impl Steady {
    /// What becomes of the block that sounds at `at`. A jump by more than two seconds, either way, is a new beginning.
    pub(super) fn step(&mut self, at: Duration) -> Step {
        let hole = self.next.map_or(0, |next| blocks(at, next));
        let step = match hole {
            1..=LONGEST_HOLE => Step::After(u32::try_from(hole).unwrap_or(0)),
            hole if (-LONGEST_HOLE..0).contains(&hole) => return Step::LeaveOut,
            _ => Step::After(0),
        };
        self.next = Some(at + BLOCK_LENGTH);
        step
    }
}

/// From `earlier` to `at`, to the nearest block.
fn blocks(at: Duration, earlier: Duration) -> i64 {
    let count = |span: Duration| {
        let half = BLOCK_LENGTH.as_nanos() / 2;
        i64::try_from((span.as_nanos() + half) / BLOCK_LENGTH.as_nanos()).unwrap_or(i64::MAX)
    };
    if at >= earlier { count(at - earlier) } else { -count(earlier - at) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps<const N: usize>(at_ms: [u64; N]) -> [Step; N] {
        let mut steady = Steady::default();
        at_ms.map(|ms| steady.step(Duration::from_millis(ms)))
    }

    #[test]
    fn blocks_that_follow_each_other_go_on_as_they_are_even_if_instants_wobble() {
        assert_eq!(steps([500, 510, 523, 530, 541]), [Step::After(0); 5]);
    }

    #[test]
    fn a_hole_becomes_silence_and_what_sounded_already_is_left_out() {
        use Step::{After, LeaveOut};
        assert_eq!(
            steps([0, 10, 50, 60, 50, 60, 70]),
            [After(0), After(0), After(3), After(0), LeaveOut, LeaveOut, After(0)]
        );
    }

    #[test]
    fn a_long_jump_is_a_new_beginning() {
        assert_eq!(
            steps([0, 2010, 9000, 10, 20]),
            [Step::After(0), Step::After(200), Step::After(0), Step::After(0), Step::After(0)]
        );
    }
}
