//! People as others ask for them: checks from memory, changes through the writer, and an eye on what `regia admin` wrote.

use super::{Holder, Link, LinkId, Machine, Name, NewLink, Operator, Roles, Standing, StoreError};
use crate::secret::{Key, Password};
use crate::show::ChannelId;

/// Operators, web sessions, API keys, links and access codes. A clone is the same.
///
/// Checks answer from memory, so a locked file locks nobody out. Changes are answered when they are in the file. What another
/// process writes there (`regia admin`) is noticed within a second, and at once by who is not known. All times are Unix µs.
#[derive(Debug, Clone)]
pub struct People {}

impl People {
    // --- operators

    /// All operators by name.
    pub fn operators(&self) -> Vec<Operator> {
        todo!()
    }

    /// Adds an operator.
    ///
    /// # Errors
    /// [`StoreError::Taken`]; what the file says.
    pub async fn add_operator(
        &self,
        name: Name,
        roles: Roles,
        password: Password,
        now_us: i64,
    ) -> Result<(), StoreError> {
        todo!("{name:?} {roles:?} {password:?} {now_us}")
    }

    /// Changes a password. All sessions of this operator are over.
    ///
    /// # Errors
    /// [`StoreError::Unknown`]; what the file says.
    pub async fn set_password(&self, name: &Name, password: Password) -> Result<(), StoreError> {
        todo!("{name:?} {password:?}")
    }

    /// Changes what an operator may do, also in sessions that are open.
    ///
    /// # Errors
    /// [`StoreError::Unknown`]; what the file says.
    pub async fn set_roles(&self, name: &Name, roles: Roles) -> Result<(), StoreError> {
        todo!("{name:?} {roles:?}")
    }

    /// Removes an operator, with sessions and with the API keys that act for this operator.
    ///
    /// # Errors
    /// [`StoreError::Unknown`]; what the file says.
    pub async fn remove_operator(&self, name: &Name) -> Result<(), StoreError> {
        todo!("{name:?}")
    }

    // --- web sessions

    /// Opens a session for who knows name and password. None: they do not fit, which is not told apart. Takes the time of
    /// one argon2 whatever the name; two at a time, others wait. Not limited in rate: that is for who knows the address.
    pub async fn sign_in(&self, name: &str, password: &str, now_us: i64) -> Option<(Key, Operator)> {
        todo!("{name:?} {password:?} {now_us}")
    }

    /// The operator of a session; also keeps it from going idle. None: unknown, signed out, idle for 12 hours, 7 days old,
    /// or the operator was removed or has another password now.
    pub fn session(&self, token: &str, now_us: i64) -> Option<Operator> {
        todo!("{token:?} {now_us}")
    }

    /// Ends a session. Whether there was one.
    pub fn sign_out(&self, token: &str) -> bool {
        todo!("{token:?}")
    }

    // --- API keys

    /// The machine that a key opens for.
    pub async fn machine(&self, key: &str) -> Option<Machine> {
        todo!("{key:?}")
    }

    /// All API keys, also revoked ones, oldest first.
    pub fn machines(&self) -> Vec<Machine> {
        todo!()
    }

    /// Makes an API key. It is in this answer and nowhere else.
    ///
    /// # Errors
    /// [`StoreError::Taken`]; [`StoreError::Unknown`] operator; what the file says.
    pub async fn add_machine(
        &self,
        name: Name,
        roles: Roles,
        acts_for: Option<Name>,
        now_us: i64,
    ) -> Result<Key, StoreError> {
        todo!("{name:?} {roles:?} {acts_for:?} {now_us}")
    }

    /// Revokes the API key with this name.
    ///
    /// # Errors
    /// [`StoreError::Unknown`]; what the file says.
    pub async fn revoke_machine(&self, name: &Name, now_us: i64) -> Result<(), StoreError> {
        todo!("{name:?} {now_us}")
    }

    // --- links

    /// Whose link has this token, and what it is worth. None: no link ever had it.
    pub async fn link(&self, token: &str, now_us: i64) -> Option<(Holder, Standing)> {
        todo!("{token:?} {now_us}")
    }

    /// The links of a holder, oldest first, with those that open nothing any more.
    pub fn links(&self, holder: &Holder) -> Vec<Link> {
        todo!("{holder:?}")
    }

    /// Makes a link. Its token is in this answer and nowhere else.
    ///
    /// # Errors
    /// What the file says.
    pub async fn add_link(&self, holder: Holder, expires_us: Option<i64>, now_us: i64) -> Result<NewLink, StoreError> {
        todo!("{holder:?} {expires_us:?} {now_us}")
    }

    /// Makes a new link of the same holder in place of one that is [`Standing::Valid`] or [`Standing::Expired`]; the old
    /// one's token then is [`Standing::Renewed`].
    ///
    /// # Errors
    /// [`StoreError::Unknown`] for a link that is not there, or was renewed or revoked; what the file says.
    pub async fn renew_link(&self, id: LinkId, expires_us: Option<i64>, now_us: i64) -> Result<NewLink, StoreError> {
        todo!("{id:?} {expires_us:?} {now_us}")
    }

    /// Revokes a link, also one that was renewed.
    ///
    /// # Errors
    /// [`StoreError::Unknown`]; what the file says.
    pub async fn revoke_link(&self, id: LinkId, now_us: i64) -> Result<(), StoreError> {
        todo!("{id:?} {now_us}")
    }

    /// Revokes all links of a holder who leaves. How many.
    ///
    /// # Errors
    /// What the file says.
    pub async fn revoke_links_of(&self, holder: &Holder, now_us: i64) -> Result<usize, StoreError> {
        todo!("{holder:?} {now_us}")
    }

    // --- access codes

    /// Whether viewers need a code for this channel.
    pub fn needs_code(&self, channel: &ChannelId) -> bool {
        todo!("{channel:?}")
    }

    /// Whether `code` opens this channel; a public one is open with any code and with none.
    pub fn admits(&self, channel: &ChannelId, code: Option<&str>) -> bool {
        todo!("{channel:?} {code:?}")
    }

    /// Sets a channel's code, 4 to 64 characters; none makes it public.
    ///
    /// # Errors
    /// [`StoreError::Code`]; what the file says.
    pub async fn set_code(&self, channel: &ChannelId, code: Option<&str>) -> Result<(), StoreError> {
        todo!("{channel:?} {code:?}")
    }
}
