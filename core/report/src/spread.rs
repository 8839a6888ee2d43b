//! Median and 90th percentile.

use serde::{Deserialize, Serialize};

/// How a number of lengths of time are spread.
///
/// Percentiles are by nearest rank: the shortest length that at least that share of all lengths do
/// not exceed (definition 1 of Hyndman and Fan, "Sample Quantiles in Statistical Packages", The
/// American Statistician 50, 1996). So each is a length that really was, and the median of an even
/// number of them is the lower of the middle two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Spread {
    /// How many there were; at least one.
    pub count: u64,
    /// Half of them took no longer than this, in milliseconds.
    pub median_ms: u64,
    /// Nine in ten took no longer than this, in milliseconds.
    pub p90_ms: u64,
}

impl Spread {
    /// The spread of these lengths, in milliseconds. `None`: there are none.
    #[must_use]
    pub fn of(mut lengths: Vec<u64>) -> Option<Self> {
        lengths.sort_unstable();
        let rank = |percent: usize| (lengths.len() * percent).div_ceil(100).checked_sub(1);
        Some(Self {
            count: lengths.len() as u64,
            median_ms: lengths[rank(50)?],
            p90_ms: lengths[rank(90)?],
        })
    }
}
