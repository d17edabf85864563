//! Hashes in one pass agree with hashes of the whole, however the bytes come.

use proptest::prelude::*;

use super::*;

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| u8::try_from(i * 7 % 251).unwrap()).collect()
}

fn whole(bytes: &[u8]) -> Sums {
    Sums {
        crc64: Checksum::of(Algorithm::Crc64Nvme, bytes).unwrap().as_crc64().unwrap(),
        blake3: *blake3::hash(bytes).as_bytes(),
    }
}

fn parts(bytes: &[u8], size: usize, piece: usize) -> Vec<PartSums> {
    let total = bytes.len() as u64;
    let mut all = Vec::new();
    for (i, part) in bytes.chunks(size).enumerate() {
        let offset = (i * size) as u64;
        let mut hasher = PartHasher::new(offset, offset + part.len() as u64, total);
        part.chunks(piece).for_each(|p| hasher.update(p));
        all.push(hasher.finish());
    }
    all
}

/// Every length around the edges of the tree, with parts of every size, also such as are no power of two.
#[test]
fn parts_combine_into_the_whole() {
    for chunks in [1_usize, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 23] {
        for odd in [0, 1, 1023] {
            let bytes = pattern(chunks * 1024 + odd);
            if bytes.len() <= 1024 {
                continue;
            }
            for part in [1_usize, 2, 3, 4, 5, 6, 7, 8, 12, 16, 64] {
                let found = combine(&parts(&bytes, part * 1024, 700), bytes.len() as u64);
                assert_eq!(found, Some(whole(&bytes)), "{} bytes in parts of {part} chunks", bytes.len());
            }
        }
    }
}

#[test]
fn one_pass_over_a_whole_object() {
    for len in [0, 1, 1024, 5000] {
        let bytes = pattern(len);
        let mut hasher = Whole::new(true);
        bytes.chunks(333).for_each(|p| hasher.update(p));
        assert_eq!(hasher.len(), len as u64);
        let (sums, md5) = hasher.finish();
        assert_eq!(sums, whole(&bytes));
        assert_eq!(md5, Checksum::of(Algorithm::Md5, &bytes));
    }
}

proptest! {
    #[test]
    fn other_bytes_or_other_cuts_never_combine(len in 1025_usize..20_000, at in 0_usize..20_000, drop in 0_usize..4) {
        let bytes = pattern(len);
        let good = parts(&bytes, 4096, 4096);
        let mut other = bytes.clone();
        other[at % len] ^= 1;
        prop_assert_ne!(combine(&parts(&other, 4096, 4096), len as u64), Some(whole(&bytes)));
        prop_assert_eq!(combine(&good, len as u64 + 1), None);
        if drop < good.len() && good.len() > 1 {
            let mut fewer = good.clone();
            fewer.remove(drop);
            prop_assert_eq!(combine(&fewer, len as u64), None);
            let mut twice = good;
            let again = twice[drop].clone();
            twice.push(again);
            prop_assert_eq!(combine(&twice, len as u64), None);
        }
    }
}
