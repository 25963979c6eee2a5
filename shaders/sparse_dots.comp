#version 450
// values[i] = sum_c k[s, c] basis[l, c] for the place indices[i] = s entries + l. One subgroup a place.
#include "rows.glsl"
layout(set = 0, binding = 0, std430) readonly buffer Indices { uint indices[]; };
INPUT(1, k)
INPUT(2, basis)
layout(set = 0, binding = 3, std430) writeonly buffer Values { float values[]; };
LOADER(k)
LOADER(basis)
layout(push_constant) uniform Constants {
    uint count;
    uint entries; // places a row
    uint columns;
};

void main() {
    uint i = group_index();
    if (i >= count) {
        return;
    }
    uint row = indices[i] / entries;
    uint l = indices[i] % entries;
    float sum = 0.0;
    for (uint quad = gl_LocalInvocationID.x; quad < (columns + 3) / 4; quad += gl_WorkGroupSize.x) {
        sum += dot(load_k(row, quad, columns), load_basis(l, quad, columns));
    }
    float total = subgroupAdd(sum);
    if (gl_LocalInvocationID.x == 0) {
        values[i] = total;
    }
}
