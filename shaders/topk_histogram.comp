#version 450
// Counts the elements that begin with the bits found so far, by their next bits.
#include "topk.glsl"
layout(local_size_x = 64) in;
layout(constant_id = 0) const bool ALIGNED = true; // n is a multiple of four
layout(constant_id = 1) const uint AHEAD = 4; // quads that are read before they are counted, so that a GPU need not wait for each
layout(set = 0, binding = 1, std430) buffer Histogram { uint histogram[]; };
layout(set = 0, binding = 2, std430) readonly buffer State { uint prefix; uint remaining; };
layout(push_constant) uniform Constants {
    uint n;
    uint per_group;    // quads a workgroup counts
    uint prefix_shift; // right shift that leaves the bits found so far
    uint digit_shift;
    uint digit_mask;
};
shared uint counts[BINS];

void main() {
    uint i = gl_LocalInvocationID.x;
    for (uint bin = i; bin < BINS; bin += 64) {
        counts[bin] = 0;
    }
    barrier();
    uint begin = group_index() * per_group;
    uint end = min((n + 3) / 4, begin + per_group);
    uint wanted = prefix_shift < 31 ? prefix : 0; // before the first digit is found the state holds nothing
    for (uint first = begin + i; first < end; first += AHEAD * 64) {
        uvec4 bits[AHEAD];
        uint left[AHEAD];
        [[unroll]] for (uint a = 0; a < AHEAD; a++) {
            uint quad = first + a * 64;
            left[a] = quad < end ? min(n - quad * 4, 4) : 0;
            bits[a] = magnitude_bits(elements(ALIGNED, min(quad, end - 1), left[a]));
        }
        [[unroll]] for (uint a = 0; a < AHEAD; a++) {
            [[unroll]] for (uint j = 0; j < 4; j++) {
                if (j < left[a] && bits[a][j] >> prefix_shift == wanted) {
                    atomicAdd(counts[bits[a][j] >> digit_shift & digit_mask], 1);
                }
            }
        }
    }
    barrier();
    for (uint bin = i; bin < BINS; bin += 64) {
        if (counts[bin] > 0) {
            atomicAdd(histogram[bin], counts[bin]); // sums of integers do not depend on the order
        }
    }
}
