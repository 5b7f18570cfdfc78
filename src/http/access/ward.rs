//! What was opened by somebody and outlives the request: publishers' sessions. They end with the link, or with the operator's
//! session or key.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::{Proof, Visitor};
use crate::contribution;
use crate::http::Server;
use crate::secret::SessionId;
use crate::show::ContributionId;
use crate::store::LinkId;

/// Sessions of one seat that are remembered, newest last: none has more at a time.
const EACH: usize = 4;

/// How often links are looked at that others (`regia admin`) may have revoked.
const LOOK: Duration = Duration::from_secs(1);

/// Publishers' sessions by who opened them; some may have ended.
#[derive(Debug, Default)]
pub(in crate::http) struct Wards(Mutex<Vec<Ward>>);

#[derive(Debug, Clone)]
struct Ward {
    visitor: Visitor,
    seat: ContributionId,
    session: SessionId,
}

impl Wards {
    /// Notes a session.
    pub(in crate::http) fn add(&self, visitor: Visitor, seat: ContributionId, session: SessionId) {
        let mut wards = self.lock();
        let same = |ward: &&Ward| ward.seat == seat;
        if wards.iter().filter(same).count() >= EACH
            && let Some(oldest) = wards.iter().position(|ward| ward.seat == seat)
        {
            wards.remove(oldest);
        }
        wards.push(Ward { visitor, seat, session });
    }

    fn all(&self) -> Vec<Ward> {
        self.lock().clone()
    }

    fn forget(&self, session: &SessionId) {
        self.lock().retain(|ward| ward.session != *session);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Ward>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Server {
    /// Whether somebody publishes by this link now.
    pub(in crate::http) fn has_live_session(&self, link: LinkId) -> bool {
        let seats = self.context.contribution.stats();
        let is_taken = |id: &ContributionId| seats.iter().any(|seat| seat.id == *id && seat.taken);
        let is_by_it = |ward: &Ward| matches!(ward.visitor.proof, Proof::Link(id) if id == link);
        self.wards.all().iter().any(|ward| is_by_it(ward) && is_taken(&ward.seat))
    }

    /// Ends the sessions whose links are revoked, or whose operators have signed out or lost their key.
    pub(in crate::http) async fn end_revoked(&self) {
        for Ward { visitor, seat, session } in self.wards.all() {
            let Err(why) = self.still_opens(&visitor) else { continue };
            match self.context.contribution.close(&seat, &session).await {
                Ok(()) => {
                    tracing::info!(contribution = %seat, session = session.brief(), %why, "a publisher's session ends");
                    self.wards.forget(&session);
                }
                // Its whole seat is gone.
                Err(contribution::Error::Unknown(_)) => self.wards.forget(&session),
                // One that has lost its seat cannot be closed, but may have the seat again: it is asked for the next time.
                Err(_) => {}
            }
        }
    }
}

/// Looks after the wards as long as there is a server. Without a runtime there is nothing to look after.
pub(in crate::http) fn watch(server: &Arc<Server>) {
    let server = Arc::downgrade(server);
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        drop(runtime.spawn(look(server)));
    }
}

async fn look(server: Weak<Server>) {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let Some(server) = server.upgrade() else { return };
        server.end_revoked().await;
        server.end_signed_out().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::show::{Caller, CityId};

    #[test]
    fn of_each_seat_the_newest_sessions_are_remembered() {
        let wards = Wards::default();
        let city = |word: &str| word.parse::<CityId>().unwrap();
        let by = |link| Visitor { caller: Caller::viewer(), proof: Proof::Link(LinkId(link)) };
        let lecce = SessionId::random();
        wards.add(by(1), city("lecce").into(), lecce.clone());
        for link in 2..9 {
            wards.add(by(link), city("roma").into(), SessionId::random());
        }
        let all = wards.all();
        let links = all.iter().map(|ward| match ward.visitor.proof {
            Proof::Link(link) => link.0,
            _ => 0,
        });
        assert_eq!(links.collect::<Vec<_>>(), [1, 5, 6, 7, 8]);
        wards.forget(&lecce);
        assert_eq!(wards.all().len(), EACH);
    }
}
