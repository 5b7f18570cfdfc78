//! People in memory: answers every check without the file. Time is an argument; nothing here waits.

use std::collections::{BTreeMap, HashMap};
use std::str::FromStr as _;
use std::time::Duration;

use rusqlite::Connection;

use super::people::{Holder, Link, LinkId, Machine, Operator, Roles, Standing};
use crate::secret::{Digest, PasswordHash};
use crate::show::Name;

/// A session that nobody uses for so long is over.
const IDLE: Duration = Duration::from_secs(12 * 3600);

/// A session is over after so long, however much it is used.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

/// How much later than written a session may have been seen: it is not written at every request.
const SEEN_PRECISION: Duration = Duration::from_secs(60);

/// Most sessions of one operator; the one that was idle longest makes room.
const SESSIONS_EACH: usize = 32;

/// An operator with what the checks need.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub(super) operator: Operator,
    pub(super) hash: PasswordHash,
    /// Changes with the password.
    pub(super) stamp: i64,
}

/// A signed-in browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Session {
    pub(super) operator: Name,
    pub(super) stamp: i64,
    pub(super) opened_us: i64,
    pub(super) seen_us: i64,
}

impl Session {
    fn is_over(&self, now_us: i64) -> bool {
        let since = |then: i64| Duration::from_micros(u64::try_from(now_us.saturating_sub(then)).unwrap_or(0));
        since(self.seen_us) >= IDLE || since(self.opened_us) >= LONGEST
    }
}

/// The digest of an access code with its salt.
#[derive(Debug, Clone)]
struct Code {
    salt: Vec<u8>,
    digest: Digest,
}

/// What other programs may change in the file: everybody but the sessions.
#[derive(Debug, Default)]
pub(super) struct Tables {
    accounts: BTreeMap<Name, Account>,
    machines: Vec<(Digest, Machine)>,
    links: BTreeMap<LinkId, (Digest, Link)>,
    link_of: HashMap<Digest, LinkId>,
    codes: HashMap<String, Code>,
}

/// Everybody.
#[derive(Debug, Default)]
pub(super) struct Directory {
    pub(super) tables: Tables,
    /// The file has other tables, which could not be read yet.
    pub(super) is_stale: bool,
    sessions: HashMap<Digest, Session>,
}

/// What became of a check that may have to be written down.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// The session stands as it is written.
    AsWritten(Operator),
    /// It was seen again after a while: to be written.
    Again(Operator),
}

impl Directory {
    /// Everybody in the file.
    pub(super) fn read(connection: &Connection, now_us: i64) -> rusqlite::Result<Self> {
        let sessions = read_sessions(connection, now_us)?;
        Ok(Self { tables: Tables::read(connection)?, is_stale: false, sessions })
    }

    /// The operator of a session.
    pub(super) fn session(&self, digest: &Digest, now_us: i64) -> Option<Seen> {
        let session = self.sessions.get(digest).filter(|session| !session.is_over(now_us))?;
        let account = self.tables.accounts.get(&session.operator).filter(|account| account.stamp == session.stamp)?;
        let unwritten = now_us.saturating_sub(session.seen_us);
        let operator = account.operator.clone();
        let again = i128::from(unwritten) >= SEEN_PRECISION.as_micros().cast_signed();
        Some(if again { Seen::Again(operator) } else { Seen::AsWritten(operator) })
    }

    /// Notes that a session was used; the session as it is to be written.
    pub(super) fn touch(&mut self, digest: &Digest, now_us: i64) -> Option<Session> {
        let session = self.sessions.get_mut(digest)?;
        session.seen_us = session.seen_us.max(now_us);
        Some(session.clone())
    }

    /// Opens a session. The sessions that make room for it, to be removed from the file.
    pub(super) fn open(&mut self, digest: Digest, session: Session) -> Vec<Digest> {
        let now_us = session.opened_us;
        let stamps = |name: &Name| self.tables.accounts.get(name).map(|account| account.stamp);
        let over = |session: &Session| session.is_over(now_us) || stamps(&session.operator) != Some(session.stamp);
        let mut gone: Vec<_> =
            self.sessions.iter().filter(|(_, session)| over(session)).map(|(digest, _)| *digest).collect();
        gone.iter().for_each(|digest| drop(self.sessions.remove(digest)));
        let own = self.sessions.iter().filter(|(_, other)| other.operator == session.operator);
        if own.clone().count() >= SESSIONS_EACH
            && let Some(oldest) = own.min_by_key(|(_, session)| session.seen_us).map(|(digest, _)| *digest)
        {
            self.sessions.remove(&oldest);
            gone.push(oldest);
        }
        self.sessions.insert(digest, session);
        gone
    }

    /// Ends a session. Whether there was one.
    pub(super) fn sign_out(&mut self, digest: &Digest) -> bool {
        self.sessions.remove(digest).is_some()
    }
}

impl Tables {
    pub(super) fn account(&self, name: &str) -> Option<&Account> {
        self.accounts.get(&Name::from_str(name).ok()?)
    }

    pub(super) fn operators(&self) -> Vec<Operator> {
        self.accounts.values().map(|account| account.operator.clone()).collect()
    }

    /// The machine of a key that is not revoked.
    pub(super) fn machine(&self, key: &Digest) -> Option<&Machine> {
        let found = self.machines.iter().find(|(digest, _)| digest == key).map(|(_, machine)| machine);
        found.filter(|machine| machine.revoked_us.is_none())
    }

    pub(super) fn machines(&self) -> Vec<Machine> {
        self.machines.iter().map(|(_, machine)| machine.clone()).collect()
    }

    pub(super) fn link(&self, token: &Digest, now_us: i64) -> Option<(Holder, Standing)> {
        let (_, link) = self.links.get(self.link_of.get(token)?)?;
        Some((link.holder.clone(), link.standing(now_us)))
    }

    /// The link that has this token.
    pub(super) fn link_of(&self, token: &Digest) -> Option<&Link> {
        self.link_by_id(*self.link_of.get(token)?)
    }

    pub(super) fn link_by_id(&self, id: LinkId) -> Option<&Link> {
        self.links.get(&id).map(|(_, link)| link)
    }

    pub(super) fn links(&self, holder: &Holder) -> Vec<Link> {
        self.links.values().filter(|(_, link)| link.holder == *holder).map(|(_, link)| link.clone()).collect()
    }

    pub(super) fn needs_code(&self, channel: &str) -> bool {
        self.codes.contains_key(channel)
    }

    pub(super) fn admits(&self, channel: &str, code: Option<&str>) -> bool {
        let Some(needed) = self.codes.get(channel) else { return true };
        code.is_some_and(|code| Digest::salted(&needed.salt, code) == needed.digest)
    }

    /// All people of the file. What cannot be understood opens nothing: it is left out with a warning.
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let mut tables = Self::default();
        tables.read_accounts(connection)?;
        tables.read_machines(connection)?;
        tables.read_links(connection)?;
        let mut select = connection.prepare_cached("SELECT channel, salt, digest FROM access_code")?;
        let mut rows = select.query(())?;
        while let Some(row) = rows.next()? {
            let code = Code { salt: row.get(1)?, digest: Digest::from_stored(row.get(2)?) };
            tables.codes.insert(row.get(0)?, code);
        }
        Ok(tables)
    }

    fn read_accounts(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut select = connection.prepare_cached("SELECT name, roles, password, stamp, added_us FROM operator")?;
        let mut rows = select.query(())?;
        while let Some(row) = rows.next()? {
            let Some(name) = name(&row.get::<_, String>(0)?, "operator") else { continue };
            let roles = Roles::stored(&row.get::<_, String>(1)?);
            let operator = Operator { name: name.clone(), roles, added_us: row.get(4)? };
            let hash = PasswordHash::from_stored(row.get(2)?);
            self.accounts.insert(name, Account { operator, hash, stamp: row.get(3)? });
        }
        Ok(())
    }

    fn read_machines(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let columns = "digest, name, roles, acts_for, added_us, revoked_us";
        let mut select = connection.prepare_cached(&format!("SELECT {columns} FROM api_key ORDER BY id"))?;
        let mut rows = select.query(())?;
        while let Some(row) = rows.next()? {
            let acts_for: Option<String> = row.get(3)?;
            // A key that acts for nobody whom one can name does not act for itself instead.
            let acts_for = acts_for.map(|text| name(&text, "operator of an API key"));
            let (Some(name), None | Some(Some(_))) = (name(&row.get::<_, String>(1)?, "API key"), &acts_for) else {
                continue;
            };
            let roles = Roles::stored(&row.get::<_, String>(2)?);
            let (added_us, revoked_us) = (row.get(4)?, row.get(5)?);
            let machine = Machine { name, roles, acts_for: acts_for.flatten(), added_us, revoked_us };
            self.machines.push((Digest::from_stored(row.get(0)?), machine));
        }
        Ok(())
    }

    fn read_links(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let columns = "id, digest, holder_kind, holder, added_us, expires_us, renewed_us, revoked_us";
        let mut select = connection.prepare_cached(&format!("SELECT {columns} FROM link"))?;
        let mut rows = select.query(())?;
        while let Some(row) = rows.next()? {
            let (id, digest) = (LinkId(row.get(0)?), Digest::from_stored(row.get(1)?));
            let (kind, holder): (String, String) = (row.get(2)?, row.get(3)?);
            let Some(holder) = Holder::stored(&kind, holder) else {
                tracing::warn!(id = id.0, "a link in the store belongs to nobody and is left out");
                continue;
            };
            let (added_us, expires_us) = (row.get(4)?, row.get(5)?);
            let link = Link { id, holder, added_us, expires_us, renewed_us: row.get(6)?, revoked_us: row.get(7)? };
            self.link_of.insert(digest, id);
            self.links.insert(id, (digest, link));
        }
        Ok(())
    }
}

/// The sessions of the file that are not over.
fn read_sessions(connection: &Connection, now_us: i64) -> rusqlite::Result<HashMap<Digest, Session>> {
    let mut select = connection.prepare("SELECT digest, operator, stamp, opened_us, seen_us FROM web_session")?;
    let mut rows = select.query(())?;
    let mut sessions = HashMap::new();
    while let Some(row) = rows.next()? {
        let Some(operator) = name(&row.get::<_, String>(1)?, "operator of a session") else { continue };
        let session = Session { operator, stamp: row.get(2)?, opened_us: row.get(3)?, seen_us: row.get(4)? };
        if !session.is_over(now_us) {
            sessions.insert(Digest::from_stored(row.get(0)?), session);
        }
    }
    Ok(sessions)
}

fn name(text: &str, whose: &str) -> Option<Name> {
    let name = Name::from_str(text);
    if name.is_err() {
        tracing::warn!(whose, "a name in the store cannot be one and is left out");
    }
    name.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3600 * 1_000_000;

    fn house() -> Directory {
        let operator = Operator { name: "Anna".parse().unwrap(), roles: Roles::default(), added_us: 0 };
        let account = Account { operator, hash: PasswordHash::of_nobody(), stamp: 7 };
        let tables = Tables { accounts: [("Anna".parse().unwrap(), account)].into(), ..Tables::default() };
        Directory { tables, ..Directory::default() }
    }

    fn session(opened_us: i64) -> Session {
        Session { operator: "Anna".parse().unwrap(), stamp: 7, opened_us, seen_us: opened_us }
    }

    fn knows(house: &Directory, token: &str, now_us: i64) -> bool {
        house.session(&Digest::of(token), now_us).is_some()
    }

    #[test]
    fn a_session_ends_when_idle_for_twelve_hours() {
        let mut house = house();
        house.open(Digest::of("a"), session(0));
        assert!(knows(&house, "a", 12 * HOUR - 1));
        assert!(!knows(&house, "a", 12 * HOUR));
        house.touch(&Digest::of("a"), 11 * HOUR);
        assert!(knows(&house, "a", 22 * HOUR));
        assert!(!knows(&house, "b", 0));
    }

    #[test]
    fn a_session_ends_after_seven_days_of_use() {
        let mut house = house();
        house.open(Digest::of("a"), session(0));
        (1..=6 * 24).for_each(|hour| drop(house.touch(&Digest::of("a"), hour * HOUR)));
        (6 * 24..=7 * 24 - 1).for_each(|hour| drop(house.touch(&Digest::of("a"), hour * HOUR)));
        assert!(knows(&house, "a", 7 * 24 * HOUR - 1));
        assert!(!knows(&house, "a", 7 * 24 * HOUR));
    }

    #[test]
    fn a_new_password_ends_the_sessions_of_the_old_one() {
        let mut house = house();
        house.open(Digest::of("a"), session(0));
        house.tables.accounts.values_mut().for_each(|account| account.stamp = 8);
        assert!(!knows(&house, "a", 1));
        house.tables.accounts.clear();
        assert!(!knows(&house, "a", 1));
    }

    #[test]
    fn a_session_is_written_again_a_minute_later_at_most() {
        let mut house = house();
        house.open(Digest::of("a"), session(0));
        let seen = |house: &Directory, now_us| house.session(&Digest::of("a"), now_us).unwrap();
        assert!(matches!(seen(&house, HOUR / 60 - 1), Seen::AsWritten(_)));
        assert!(matches!(seen(&house, HOUR / 60), Seen::Again(_)));
        house.touch(&Digest::of("a"), HOUR / 60);
        assert!(matches!(seen(&house, HOUR / 60), Seen::AsWritten(_)));
    }

    #[test]
    fn sessions_of_one_operator_are_bounded_and_old_ones_swept_out() {
        let mut house = house();
        let opened = (0..40).map(|n| house.open(Digest::of(&n.to_string()), session(n)).len()).sum::<usize>();
        assert_eq!(opened, 40 - SESSIONS_EACH);
        assert!(!knows(&house, "0", 40) && knows(&house, "39", 40));
        assert_eq!(house.open(Digest::of("later"), session(13 * HOUR)).len(), SESSIONS_EACH);
    }
}
