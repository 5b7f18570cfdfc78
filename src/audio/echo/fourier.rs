//! A Fourier transform of one length, with everything worked out beforehand: nothing is allocated when it runs.

use std::f64::consts::TAU;

/// Two real signals are transformed at once, as the real and the imaginary part of one.
#[derive(Debug)]
pub(super) struct Fourier<const N: usize> {
    /// For each stage its factors, one after the other: 1, 2, 4 … of them.
    cosines: Box<[f32]>,
    sines: Box<[f32]>,
    /// Where each value goes before the first stage.
    order: Box<[u16]>,
}

impl<const N: usize> Fourier<N> {
    pub fn new() -> Self {
        assert!(N.is_power_of_two() && (2..=1 << 16).contains(&N));
        let (mut cosines, mut sines) = (Vec::with_capacity(N - 1), Vec::with_capacity(N - 1));
        let mut half = 1;
        while half < N {
            for n in 0..half {
                #[expect(clippy::cast_precision_loss, reason = "small numbers")]
                let (sine, cosine) = (-TAU * n as f64 / (2 * half) as f64).sin_cos();
                #[expect(clippy::cast_possible_truncation, reason = "a factor for samples of single precision")]
                cosines.push(cosine as f32);
                #[expect(clippy::cast_possible_truncation, reason = "a factor for samples of single precision")]
                sines.push(sine as f32);
            }
            half *= 2;
        }
        let bits = N.trailing_zeros();
        #[expect(clippy::cast_possible_truncation, reason = "below N")]
        let order = (0..N as u32).map(|n| (n.reverse_bits() >> (32 - bits)) as u16).collect();
        Self { cosines: cosines.into(), sines: sines.into(), order }
    }

    /// Transforms in place. Not scaled.
    pub fn run(&self, re: &mut [f32; N], im: &mut [f32; N]) {
        for (n, to) in self.order.iter().map(|to| usize::from(*to)).enumerate() {
            if n < to {
                re.swap(n, to);
                im.swap(n, to);
            }
        }
        let mut half = 1;
        while half < N {
            let stage = half - 1..2 * half - 1;
            let (cosines, sines) = (&self.cosines[stage.clone()], &self.sines[stage]);
            for (re, im) in re.chunks_exact_mut(2 * half).zip(im.chunks_exact_mut(2 * half)) {
                let ((re, re_far), (im, im_far)) = (re.split_at_mut(half), im.split_at_mut(half));
                for (n, (cosine, sine)) in cosines.iter().zip(sines).enumerate() {
                    let far = (re_far[n] * cosine - im_far[n] * sine, re_far[n] * sine + im_far[n] * cosine);
                    (re_far[n], im_far[n]) = (re[n] - far.0, im[n] - far.1);
                    (re[n], im[n]) = (re[n] + far.0, im[n] + far.1);
                }
            }
            half *= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_finds_what_a_sum_over_all_samples_finds() {
        const N: usize = 64;
        let signal: Vec<[f64; 2]> = (0..N).map(|n| [(n as f64 * 0.7).sin(), (n * n % 11) as f64 - 5.0]).collect();
        let mut re = std::array::from_fn(|n| signal[n][0] as f32);
        let mut im = std::array::from_fn(|n| signal[n][1] as f32);
        Fourier::<N>::new().run(&mut re, &mut im);
        for bin in 0..N {
            let mut sum = [0.0, 0.0];
            for (n, [a, b]) in signal.iter().enumerate() {
                let (sine, cosine) = (-TAU * (n * bin) as f64 / N as f64).sin_cos();
                sum = [sum[0] + a * cosine - b * sine, sum[1] + a * sine + b * cosine];
            }
            assert!((sum[0] - f64::from(re[bin])).abs() < 1e-3 && (sum[1] - f64::from(im[bin])).abs() < 1e-3, "{bin}");
        }
    }
}
