// Exact top-k by magnitude, by radix selection: the bits of |c| are ordered as |c| is, so the k-th largest is found by
// three histograms of 11, 10 and 10 bits, each over the elements that agree with the bits found so far.
#include "common.glsl"

const uint BINS = 2048;

uint magnitude(float x) {
    return floatBitsToUint(x) & 0x7FFFFFFFu;
}
