//! Viewers of what not everybody may watch. Their sessions end when what they showed opens nothing any more.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Visitor;
use crate::distribution;
use crate::http::Server;
use crate::secret::SessionId;
use crate::show::ChannelId;

/// Viewers' sessions by who opened them; some may have ended. No more than the hub has seats, since each that has ended is
/// found at the next look.
#[derive(Debug, Default)]
pub(in crate::http) struct Screens(Mutex<HashMap<SessionId, Visitor>>);

impl Screens {
    /// Notes what a session shows from now on.
    pub(in crate::http) fn watches(&self, session: &SessionId, channel: &ChannelId, visitor: Visitor) {
        match channel.is_public() {
            true => self.forget(session),
            false => drop(self.lock().insert(session.clone(), visitor)),
        }
    }

    fn all(&self) -> Vec<(SessionId, Visitor)> {
        self.lock().iter().map(|(session, visitor)| (session.clone(), visitor.clone())).collect()
    }

    fn forget(&self, session: &SessionId) {
        self.lock().remove(session);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Visitor>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Server {
    /// Ends the sessions of those who have signed out since, or whose key or link was taken away.
    pub(in crate::http) async fn end_signed_out(&self) {
        for (session, visitor) in self.screens.all() {
            let hub = &self.context.distribution;
            let answer = match self.still_opens(&visitor) {
                Ok(()) => hub.etag(&session).await.map(|_| false),
                Err(_) => hub.leave(&session).await.map(|()| true),
            };
            match answer {
                Ok(false) => {}
                Ok(true) => {
                    let actor = &visitor.caller.actor;
                    tracing::info!(%actor, session = session.brief(), "a screen of who has signed out is dark");
                    self.screens.forget(&session);
                }
                Err(distribution::Error::UnknownSession) => self.screens.forget(&session),
                // Asked again at the next look.
                Err(error) => tracing::debug!(session = session.brief(), %error, "a screen is not looked at"),
            }
        }
    }
}
