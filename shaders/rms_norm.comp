#version 450
// y = x / sqrt(mean(x^2) + epsilon) gain. Zhang and Sennrich, arXiv:1910.07467.
#include "rows.glsl"
INPUT(0, x)
INPUT(1, gain)
OUTPUT(2, y)
layout(set = 0, binding = 3, std430) writeonly buffer Roots { float inverse_root[]; };
LOADER(x)
LOADER(gain)
STORER(y)
layout(push_constant) uniform Constants {
    uint rows;
    uint columns;
    float epsilon;
};

void main() {
    uint row = group_index();
    if (row >= rows) {
        return;
    }
    uint quads = (columns + 3) / 4;
    float squares = 0.0;
    for (uint quad = gl_LocalInvocationID.x; quad < quads; quad += gl_WorkGroupSize.x) {
        vec4 value = load_x(row, quad, columns);
        squares += dot(value, value);
    }
    float inverse = inversesqrt(subgroupAdd(squares) / float(columns) + epsilon);

    for (uint quad = gl_LocalInvocationID.x; quad < quads; quad += gl_WorkGroupSize.x) {
        store_y(row, quad, columns, load_x(row, quad, columns) * inverse * load_gain(0, quad, columns));
    }
    if (gl_LocalInvocationID.x == 0) {
        inverse_root[row] = inverse;
    }
}
