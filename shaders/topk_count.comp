#version 450
// For each chunk of elements: how many are above the threshold, and how many are equal to it. One subgroup a chunk.
#include "topk.glsl"
layout(local_size_x_id = 0) in;
#include "subgroups.glsl"
layout(constant_id = 1) const bool ALIGNED = true; // n is a multiple of four
layout(set = 0, binding = 1, std430) readonly buffer State { uint threshold; uint remaining; };
layout(set = 0, binding = 2, std430) writeonly buffer Counts { uvec2 counts[]; };
layout(push_constant) uniform Constants {
    uint n;
    uint chunk; // quads
    uint chunks;
};

void main() {
    uint group = group_index();
    if (group >= chunks) {
        return;
    }
    uvec2 count = uvec2(0);
    uint end = min((n + 3) / 4, (group + 1) * chunk);
    uint limit = threshold;
    for (uint quad = group * chunk + gl_LocalInvocationID.x; quad < end; quad += gl_WorkGroupSize.x) {
        uint left = min(n - quad * 4, 4);
        uvec4 bits = magnitude_bits(elements(ALIGNED, quad, left));
        [[unroll]] for (uint j = 0; j < 4; j++) {
            count += uvec2(bits[j] > limit, j < left && bits[j] == limit);
        }
    }
    count = subgroupAdd(count);
    if (gl_LocalInvocationID.x == 0) {
        counts[group] = count;
    }
}
