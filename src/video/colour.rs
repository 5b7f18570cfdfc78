//! Colours, and how they become Y, U and V.

/// A colour as pages and drawings write it: sRGB's code values with BT.709's primaries, which are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Colour {
    /// 0 to 255.
    pub red: u8,
    /// 0 to 255.
    pub green: u8,
    /// 0 to 255.
    pub blue: u8,
}

impl Colour {
    /// Nothing at all.
    pub const BLACK: Self = Self { red: 0, green: 0, blue: 0 };
    /// All of it.
    pub const WHITE: Self = Self { red: 255, green: 255, blue: 255 };

    /// Y, U and V in video range: 16 to 235, and 16 to 240 with 128 as none.
    pub fn yuv(self) -> [u8; 3] {
        video([self.red, self.green, self.blue, u8::MAX])
    }
}

/// Y, U and V of a pixel, multiplied by alpha as its colours are (ITU-R BT.709-6 §3, 8 bits).
pub(super) fn video([red, green, blue, alpha]: [u8; 4]) -> [u8; 3] {
    let [red, green, blue, alpha] = [red, green, blue, alpha].map(|part| f32::from(part) / 255.0);
    let luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    let byte = |value: f32| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped by the cast, as it should be"
        )]
        let byte = value.round() as u8;
        byte
    };
    [
        byte(16.0 * alpha + 219.0 * luma),
        byte(128.0 * alpha + 224.0 * (blue - luma) / 1.8556),
        byte(128.0 * alpha + 224.0 * (red - luma) / 1.5748),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primaries_have_the_values_that_the_recommendation_gives() {
        assert_eq!(Colour::BLACK.yuv(), [16, 128, 128]);
        assert_eq!(Colour::WHITE.yuv(), [235, 128, 128]);
        assert_eq!(Colour { red: 255, green: 0, blue: 0 }.yuv(), [63, 102, 240]);
        assert_eq!(Colour { red: 0, green: 255, blue: 0 }.yuv(), [173, 42, 26]);
        assert_eq!(Colour { red: 0, green: 0, blue: 255 }.yuv(), [32, 240, 118]);
    }
}
