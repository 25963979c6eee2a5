#version 450
// Writes the kept elements in rising order of place: all above the threshold, and of those equal to it the first ones.
// One subgroup a chunk, which it walks in order.
#include "topk.glsl"
layout(local_size_x_id = 0) in;
#include "subgroups.glsl"
layout(constant_id = 1) const bool ALIGNED = true; // n is a multiple of four
layout(set = 0, binding = 1, std430) readonly buffer State { uint threshold; uint remaining; };
layout(set = 0, binding = 2, std430) readonly buffer Counts { uvec2 counts[]; };
layout(set = 0, binding = 3, std430) writeonly buffer Indices { uint indices[]; };
layout(set = 0, binding = 4, std430) writeonly buffer Values { float values[]; };
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
    uvec2 before = counts[group]; // above and equal
    uint end = min((n + 3) / 4, (group + 1) * chunk);
    uint limit = threshold;
    uint places = remaining;
    for (uint base = group * chunk; base < end; base += gl_WorkGroupSize.x) {
        uint quad = base + gl_LocalInvocationID.x;
        uint left = quad < end ? min(n - quad * 4, 4) : 0;
        vec4 value = elements(ALIGNED, min(quad, end - 1), left);
        uvec4 bits = magnitude_bits(value);
        uvec2 found = uvec2(0);
        [[unroll]] for (uint j = 0; j < 4; j++) {
            found += uvec2(j < left && bits[j] > limit, j < left && bits[j] == limit);
        }
        uvec2 rank = before + subgroupExclusiveAdd(found);
        if (found.x + found.y > 0) {
            [[unroll]] for (uint j = 0; j < 4; j++) {
                bool above = j < left && bits[j] > limit;
                bool equal = j < left && bits[j] == limit;
                if (above || (equal && rank.y < places)) {
                    uint place = rank.x + min(rank.y, places);
                    indices[place] = quad * 4 + j;
                    values[place] = value[j];
                }
                rank += uvec2(above, equal);
            }
        }
        before += subgroupAdd(found);
    }
}
