//! Plain ASCII out of any text, for wires and files that know no other: tally displays, edit lists.

/// The text with accents taken off and signs spelled out; a character without a likeness becomes `?`, a control character a
/// space.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' '..='~' => plain.push(c),
            _ if c.is_control() || c.is_whitespace() => plain.push(' '),
            // Accents that stand apart from their letter (decomposed text).
            '\u{300}'..='\u{36f}' => {}
            _ => plain.push_str(likeness(c)),
        }
    }
    plain
}

fn likeness(c: char) -> &'static str {
    match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
        'À'..='Å' | 'Ā' | 'Ă' | 'Ą' => "A",
        'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
        'È'..='Ë' | 'Ē' | 'Ė' | 'Ę' | 'Ě' => "E",
        'ì'..='ï' | 'ī' | 'į' | 'ı' => "i",
        'Ì'..='Ï' | 'Ī' | 'Į' | 'İ' => "I",
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => "o",
        'Ò'..='Ö' | 'Ø' | 'Ō' | 'Ő' => "O",
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => "u",
        'Ù'..='Ü' | 'Ū' | 'Ů' | 'Ű' => "U",
        'ý' | 'ÿ' => "y",
        'Ý' | 'Ÿ' => "Y",
        'ç' | 'ć' | 'č' => "c",
        'Ç' | 'Ć' | 'Č' => "C",
        'ñ' | 'ń' | 'ň' => "n",
        'Ñ' | 'Ń' | 'Ň' => "N",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'Ś' | 'Š' | 'Ş' | 'Ș' => "S",
        'ź' | 'ż' | 'ž' => "z",
        'Ź' | 'Ż' | 'Ž' => "Z",
        'ł' => "l",
        'Ł' => "L",
        'ř' => "r",
        'Ř' => "R",
        'ť' | 'ţ' | 'ț' => "t",
        'Ť' | 'Ţ' | 'Ț' => "T",
        'ď' | 'đ' | 'ð' => "d",
        'Ď' | 'Đ' | 'Ð' => "D",
        'ğ' => "g",
        'Ğ' => "G",
        'ß' => "ss",
        'æ' => "ae",
        'Æ' => "AE",
        'œ' => "oe",
        'Œ' => "OE",
        '‘' | '’' | '‚' | '′' => "'",
        '“' | '”' | '„' | '«' | '»' | '″' => "\"",
        '‐'..='―' | '−' => "-",
        '…' => "...",
        '·' | '•' => "*",
        '€' => "EUR",
        '°' => "o",
        _ => "?",
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn accents_come_off_and_the_rest_stays_readable() {
        assert_eq!(plain("Città di Gòrizia — l’ora"), "Citta di Gorizia - l'ora");
        assert_eq!(plain("Straße, Łódź, cafe\u{301}"), "Strasse, Lodz, cafe");
        assert_eq!(plain("a\u{7}b\n日本"), "a b ??");
        assert_eq!(plain(" !~"), " !~");
    }
}
