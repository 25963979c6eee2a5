#version 450
// From a histogram: the bin in which the k-th largest element lies, and how many are still to be taken from it. Clears the
// histogram for the next digit.
#include "common.glsl"
layout(local_size_x = 128) in;
layout(set = 0, binding = 0, std430) buffer Histogram { uint histogram[]; };
layout(set = 0, binding = 1, std430) buffer State { uint prefix; uint remaining; };
layout(push_constant) uniform Constants {
    uint digit_bits;
    uint first_wanted; // k for the first digit; 0 for the others
};
const uint BINS = 2048;
const uint SHARE = BINS / gl_WorkGroupSize.x;
shared uvec4 sums[gl_WorkGroupSize.x / 4];

void main() {
    uint i = gl_LocalInvocationID.x;
    uint wanted = first_wanted > 0 ? first_wanted : remaining, own[SHARE], sum = 0;
    [[unroll]] for (uint j = 0; j < SHARE; j++) { own[j] = histogram[i * SHARE + j]; } // all before the first write, which loads would wait for
    [[unroll]] for (uint j = 0; j < SHARE; j++) {
        histogram[i * SHARE + j] = 0;
        sum += own[j];
    }
    sums[i / 4][i % 4] = sum;
    memoryBarrierBuffer(); // one invocation writes the state that all have read
    barrier();
    uvec4 larger = uvec4(0); // in the bins of the invocations behind this one
    [[unroll]] for (uint quad = 0; quad < gl_WorkGroupSize.x / 4; quad++) {
        larger += mix(uvec4(0), sums[quad], greaterThan(quad * 4 + uvec4(0, 1, 2, 3), uvec4(i)));
    }
    uint above = larger.x + larger.y + larger.z + larger.w;
    if (above >= wanted || wanted - above > sum) {
        return;
    }
    uint left = wanted - above, bin = 0;
    bool found = false;
    [[unroll]] for (uint j = SHARE; j-- > 0;) {
        if (!found && left <= own[j]) {
            bin = i * SHARE + j;
            found = true;
        } else if (!found) {
            left -= own[j];
        }
    }
    prefix = first_wanted > 0 ? bin : prefix << digit_bits | bin;
    remaining = left;
}
