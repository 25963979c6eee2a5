#version 450
// From a histogram: the bin in which the k-th largest element lies, and how many are still to be taken from it. Clears the
// histogram for the next digit.
#include "common.glsl"
layout(local_size_x = 64) in;
layout(set = 0, binding = 0, std430) buffer Histogram { uint histogram[]; };
layout(set = 0, binding = 1, std430) buffer State { uint prefix; uint remaining; };
layout(push_constant) uniform Constants { uint digit_bits; };
const uint BINS = 2048;
shared uint sums[64];
const uint SHARE = BINS / 64;

void main() {
    uint i = gl_LocalInvocationID.x;
    uint sum = 0;
    for (uint bin = i * SHARE; bin < (i + 1) * SHARE; bin++) {
        sum += histogram[bin];
    }
    sums[i] = sum;
    barrier();
    if (i == 0) {
        uint wanted = remaining;
        uint share = 63;
        while (share > 0 && sums[share] < wanted) {
            wanted -= sums[share];
            share--;
        }
        uint bin = (share + 1) * SHARE - 1;
        while (bin > share * SHARE && histogram[bin] < wanted) {
            wanted -= histogram[bin];
            bin--;
        }
        prefix = prefix << digit_bits | bin;
        remaining = wanted;
    }
    barrier();
    for (uint bin = i * SHARE; bin < (i + 1) * SHARE; bin++) {
        histogram[bin] = 0;
    }
}
