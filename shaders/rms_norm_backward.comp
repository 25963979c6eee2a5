#version 450
// With n = x inverse_root and g = dy gain: dx = (g - n mean(g n)) inverse_root, added to dx or not; n itself where it is wanted.
#include "rows.glsl"
layout(constant_id = 2) const bool ACCUMULATE = false;
layout(constant_id = 3) const bool KEEPS_NORMALIZED = false;
INPUT(0, dy)
INPUT(1, x)
INPUT(2, gain)
INPUT(3, earlier) // dx, where it is added to
layout(set = 0, binding = 4, std430) readonly buffer Roots { float inverse_root[]; };
OUTPUT(5, dx)
OUTPUT(6, normalized)
LOADER(dy)
LOADER(x)
LOADER(gain)
LOADER(earlier)
STORER(dx)
STORER(normalized)
layout(push_constant) uniform Constants {
    uint rows;
    uint columns;
};

void main() {
    uint row = group_index();
    if (row >= rows) {
        return;
    }
    uint quads = (columns + 3) / 4;
    float inverse = inverse_root[row];
    float projected = 0.0;
    for (uint quad = gl_LocalInvocationID.x; quad < quads; quad += gl_WorkGroupSize.x) {
        vec4 g = load_dy(row, quad, columns) * load_gain(0, quad, columns);
        projected += dot(g, load_x(row, quad, columns) * inverse);
    }
    float slope = subgroupAdd(projected) / float(columns);

    for (uint quad = gl_LocalInvocationID.x; quad < quads; quad += gl_WorkGroupSize.x) {
        vec4 g = load_dy(row, quad, columns) * load_gain(0, quad, columns);
        vec4 unit = load_x(row, quad, columns) * inverse;
        vec4 value = (g - unit * slope) * inverse;
        store_dx(row, quad, columns, ACCUMULATE ? load_earlier(row, quad, columns) + value : value);
        if (KEEPS_NORMALIZED) {
            store_normalized(row, quad, columns, unit);
        }
    }
}
