//! What was opened with a link and outlives the request: publishers' sessions. They end with their link.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::http::Server;
use crate::secret::SessionId;
use crate::show::CityId;
use crate::store::LinkId;

/// Sessions of one city that are remembered, newest last: no city has more at a time.
const EACH: usize = 4;

/// How often links are looked at that others (`regia admin`) may have revoked.
const LOOK: Duration = Duration::from_secs(1);

/// Publishers' sessions by the link that opened them; some may have ended.
#[derive(Debug, Default)]
pub(in crate::http) struct Wards(Mutex<Vec<Ward>>);

#[derive(Debug, Clone)]
struct Ward {
    link: LinkId,
    city: CityId,
    session: SessionId,
}

impl Wards {
    /// Notes a session.
    pub(in crate::http) fn add(&self, link: LinkId, city: CityId, session: SessionId) {
        let mut wards = self.lock();
        let same = |ward: &&Ward| ward.city == city;
        if wards.iter().filter(same).count() >= EACH
            && let Some(oldest) = wards.iter().position(|ward| ward.city == city)
        {
            wards.remove(oldest);
        }
        wards.push(Ward { link, city, session });
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
        let is_taken = |city: &CityId| seats.iter().any(|seat| seat.city == *city && seat.taken);
        self.wards.all().iter().any(|ward| ward.link == link && is_taken(&ward.city))
    }

    /// Ends the sessions whose links are revoked.
    pub(in crate::http) async fn end_revoked(&self) {
        for Ward { link, city, session } in self.wards.all() {
            let stands = self.context.store.people().link_by_id(link).is_some_and(|link| link.revoked_us.is_none());
            // One that has lost its seat cannot be closed, but may have the seat again: it is asked for the next time.
            if !stands && self.context.contribution.close(&city, &session).await.is_ok() {
                tracing::info!(%city, session = session.brief(), link = link.0, "a publisher's link was revoked: it ends");
                self.wards.forget(&session);
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

    #[test]
    fn of_each_city_the_newest_sessions_are_remembered() {
        let wards = Wards::default();
        let city = |word: &str| word.parse::<CityId>().unwrap();
        let lecce = SessionId::random();
        wards.add(LinkId(1), city("lecce"), lecce.clone());
        for link in 2..9 {
            wards.add(LinkId(link), city("roma"), SessionId::random());
        }
        let all = wards.all();
        assert_eq!(all.iter().map(|ward| ward.link.0).collect::<Vec<_>>(), [1, 5, 6, 7, 8]);
        wards.forget(&lecce);
        assert_eq!(wards.all().len(), EACH);
    }
}
