#version 450
// Turns the chunks' counts into the counts of all chunks before. One workgroup.
#include "common.glsl"
layout(local_size_x = 64) in;
layout(set = 0, binding = 0, std430) buffer Counts { uvec2 counts[]; };
layout(push_constant) uniform Constants { uint chunks; };
shared uvec2 sums[64];

void main() {
    uint i = gl_LocalInvocationID.x;
    uint share = (chunks + 63) / 64;
    uint begin = min(chunks, i * share);
    uint end = min(chunks, begin + share);
    uvec2 sum = uvec2(0);
    for (uint chunk = begin; chunk < end; chunk++) {
        sum += counts[chunk];
    }
    sums[i] = sum;
    barrier();
    if (i == 0) {
        uvec2 before = uvec2(0);
        for (uint j = 0; j < 64; j++) {
            uvec2 own = sums[j];
            sums[j] = before;
            before += own;
        }
    }
    barrier();
    uvec2 before = sums[i];
    for (uint chunk = begin; chunk < end; chunk++) {
        uvec2 own = counts[chunk];
        counts[chunk] = before;
        before += own;
    }
}
