#version 450
// row_loss = (log sum exp(logits) - logits[label]) / divisor; d_logits = (softmax - one-hot) / divisor. One subgroup a row.
#include "rows.glsl"
INPUT(0, logits)
layout(set = 0, binding = 1, std430) readonly buffer Labels { uint labels[]; };
layout(set = 0, binding = 2, std430) writeonly buffer Losses { float row_loss[]; };
OUTPUT(3, d_logits)
LOADER(logits)
STORER(d_logits)
layout(push_constant) uniform Constants {
    uint rows;
    uint columns;
    float inverse_divisor;
};

vec4 exponentials(uint row, uint quad, float maximum) {
    vec4 exists = present(quad, columns);
    return exp((load_logits(row, quad, columns) - maximum) * exists) * exists;
}

void main() {
    uint row = group_index();
    if (row >= rows) {
        return;
    }
    uint quads = (columns + 3) / 4;
    float highest = -3.0e38;
    for (uint quad = gl_LocalInvocationID.x; quad < quads; quad += gl_WorkGroupSize.x) {
        vec4 x = mix(vec4(-3.0e38), load_logits(row, quad, columns), greaterThan(present(quad, columns), vec4(0)));
        highest = max(highest, max(max(x.x, x.y), max(x.z, x.w)));
    }
    float maximum = subgroupMax(highest);
    float sum = 0.0;
    for (uint quad = gl_LocalInvocationID.x; quad < quads; quad += gl_WorkGroupSize.x) {
        sum += sum4(exponentials(row, quad, maximum));
    }
    float total = subgroupAdd(sum);
    uint label = labels[row];
    for (uint quad = gl_LocalInvocationID.x; quad < quads; quad += gl_WorkGroupSize.x) {
        vec4 one_hot = vec4(equal(quad * 4 + uvec4(0, 1, 2, 3), uvec4(label)));
        store_d_logits(row, quad, columns, (exponentials(row, quad, maximum) / total - one_hot) * inverse_divisor);
    }
    if (gl_LocalInvocationID.x == 0) {
        row_loss[row] = (log(total) - (ELEMENT(logits, row * columns + label) - maximum)) * inverse_divisor;
    }
}
