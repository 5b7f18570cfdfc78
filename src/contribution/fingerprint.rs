//! Fingerprints of DTLS certificates (RFC 8122 §5): read from an offer, compared with what the peer presented.
//!
//! webrtcbin takes whatever certificate comes; without this comparison anybody who can reach the media port could sit
//! in a city's place.

use std::fmt;

use gstreamer::glib::{self, Checksum, ChecksumType};

/// A hash function, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    const ALL: [Self; 4] = [Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512];

    const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha-1",
            Self::Sha256 => "sha-256",
            Self::Sha384 => "sha-384",
            Self::Sha512 => "sha-512",
        }
    }

    const fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    fn digest(self, bytes: &[u8]) -> Vec<u8> {
        let kind = match self {
            Self::Sha1 => ChecksumType::Sha1,
            Self::Sha256 => ChecksumType::Sha256,
            Self::Sha384 => ChecksumType::Sha384,
            Self::Sha512 => ChecksumType::Sha512,
        };
        let mut sum = Checksum::new(kind).expect("GLib knows all of these hash functions");
        sum.update(bytes);
        sum.digest()
    }
}

/// One fingerprint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    hash: Hash,
    digest: Vec<u8>,
}

impl Fingerprint {
    /// Reads an attribute's value, `sha-256 AB:CD:…`; `None` for what is malformed or of a hash function that is not
    /// known (or not to be trusted: MD5 and older).
    pub fn read(value: &str) -> Option<Self> {
        let (name, digits) = value.trim().split_once(' ')?;
        let hash = Hash::ALL.into_iter().find(|hash| hash.name().eq_ignore_ascii_case(name))?;
        let byte = |pair: &str| {
            let fits = pair.len() == 2 && pair.bytes().all(|b| b.is_ascii_hexdigit());
            fits.then(|| u8::from_str_radix(pair, 16).ok()).flatten()
        };
        let digest = digits.trim().split(':').map(byte).collect::<Option<Vec<u8>>>()?;
        (digest.len() == hash.length()).then_some(Self { hash, digest })
    }

    /// Whether a certificate in PEM form has this fingerprint.
    fn fits(&self, certificate: &[u8]) -> bool {
        self.hash.digest(certificate) == self.digest
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.hash.name())?;
        self.digest
            .iter()
            .zip(std::iter::once(' ').chain(std::iter::repeat(':')))
            .try_for_each(|(byte, separator)| write!(f, "{separator}{byte:02X}"))
    }
}

/// The fingerprints of a description that count: those of the strongest hash function in it. There is at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprints(Vec<Fingerprint>);

impl Fingerprints {
    /// Keeps the strongest of some attributes' values; `None` if not one can be used.
    pub fn read<'a>(values: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut all: Vec<Fingerprint> = values.filter_map(Fingerprint::read).collect();
        let strongest = all.iter().map(|fingerprint| fingerprint.hash).max()?;
        all.retain(|fingerprint| fingerprint.hash == strongest);
        // Publishers repeat their one fingerprint on each m-line.
        all.dedup();
        Some(Self(all))
    }

    /// One of them.
    pub fn first(&self) -> &Fingerprint {
        &self.0[0]
    }

    /// Whether a certificate in PEM form has one of them (RFC 8122 §5: a description may name several certificates).
    pub fn fit(&self, pem: &str) -> bool {
        certificate(pem).is_some_and(|certificate| self.0.iter().any(|fingerprint| fingerprint.fits(&certificate)))
    }
}

/// The bytes (DER) of the first certificate in a PEM text.
fn certificate(pem: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once("-----BEGIN CERTIFICATE-----")?;
    let (body, _) = rest.split_once("-----END CERTIFICATE-----")?;
    let bytes = glib::base64_decode(body.trim());
    (!bytes.is_empty()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Not a certificate, but as good to a hash function: the base64 of "regia".
    const PEM: &str = "-----BEGIN CERTIFICATE-----\ncmVn\naWE=\n-----END CERTIFICATE-----\n";

    fn of_regia(hash: Hash) -> String {
        Fingerprint { hash, digest: hash.digest(b"regia") }.to_string()
    }

    #[test]
    fn a_certificate_fits_its_own_fingerprint_with_any_hash_function() {
        for hash in Hash::ALL {
            let value = of_regia(hash);
            assert!(Fingerprints::read([value.as_str()].into_iter()).unwrap().fit(PEM), "{value}");
            let lower = value.to_lowercase();
            assert!(Fingerprints::read([lower.as_str()].into_iter()).unwrap().fit(PEM), "{lower}");
        }
        assert_eq!(
            of_regia(Hash::Sha1).split_once(' ').map(|(name, digits)| (name, digits.len())),
            Some(("sha-1", 20 * 3 - 1))
        );
    }

    #[test]
    fn another_certificate_does_not_fit() {
        let forged = of_regia(Hash::Sha256).replace(|c: char| c.is_ascii_digit(), "0");
        let fingerprints = Fingerprints::read([forged.as_str()].into_iter());
        assert!(fingerprints.is_none_or(|fingerprints| !fingerprints.fit(PEM)));
        let own = of_regia(Hash::Sha256);
        let fingerprints = Fingerprints::read([own.as_str()].into_iter()).unwrap();
        for none in ["", "-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----"] {
            assert!(!fingerprints.fit(none), "{none:?}");
        }
    }

    #[test]
    fn of_several_hash_functions_only_the_strongest_counts() {
        let weak_and_right = of_regia(Hash::Sha1);
        let strong_and_wrong = format!("sha-256 {}", ["00"; 32].join(":"));
        let both = Fingerprints::read([weak_and_right.as_str(), &strong_and_wrong].into_iter()).unwrap();
        assert!(!both.fit(PEM));
    }

    #[test]
    fn of_several_certificates_each_may_come() {
        let another = format!("sha-256 {}", ["00"; 32].join(":"));
        let own = of_regia(Hash::Sha256);
        assert!(Fingerprints::read([another.as_str(), &own].into_iter()).unwrap().fit(PEM));
    }

    #[test]
    fn malformed_fingerprints_are_none() {
        for wrong in ["", "sha-256", "sha-256 ", "sha-256 AB:CD", "md5 AB", "sha-1 +1:é", "sha-256 :::"] {
            assert_eq!(Fingerprint::read(wrong), None, "{wrong}");
        }
    }
}
