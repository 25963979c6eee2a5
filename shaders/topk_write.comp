#version 450
// Writes the kept elements in rising order of place: all above the threshold, and of those equal to it the first ones.
// One subgroup a chunk, which it walks in order.
#include "topk.glsl"
#extension GL_KHR_shader_subgroup_arithmetic : require
layout(local_size_x_id = 0) in;
layout(set = 0, binding = 0, std430) readonly buffer C { float c[]; };
layout(set = 0, binding = 1, std430) readonly buffer State { uint threshold; uint remaining; };
layout(set = 0, binding = 2, std430) readonly buffer Counts { uvec2 counts[]; };
layout(set = 0, binding = 3, std430) writeonly buffer Indices { uint indices[]; };
layout(set = 0, binding = 4, std430) writeonly buffer Values { float values[]; };
layout(push_constant) uniform Constants {
    uint n;
    uint chunk;
    uint chunks;
};

void main() {
    uint group = group_index();
    if (group >= chunks) {
        return;
    }
    uvec2 before = counts[group]; // above and equal
    uint end = min(n, (group + 1) * chunk);
    for (uint base = group * chunk; base < end; base += gl_WorkGroupSize.x) {
        uint at = base + gl_LocalInvocationID.x;
        float value = at < end ? c[at] : 0.0;
        uint bits = magnitude(value);
        uvec2 found = at < end ? uvec2(bits > threshold, bits == threshold) : uvec2(0);
        uvec2 rank = before + subgroupExclusiveAdd(found);
        if (found.x + found.y > 0 && (found.x > 0 || rank.y < remaining)) {
            uint place = rank.x + min(rank.y, remaining);
            indices[place] = at;
            values[place] = value;
        }
        before += subgroupAdd(found);
    }
}
