#version 450
// y = softmax(q k^T / sqrt(width)) v for each head and sequence, in one walk over the keys with a running maximum and sum.
// Vaswani et al., arXiv:1706.03762; Dao et al., arXiv:2205.14135, algorithm 1.
#include "attention.glsl"
#include "attention_block.glsl"
INPUT(1, q)
INPUT(2, k)
INPUT(3, v)
OUTPUT(4, y)
layout(set = 0, binding = 5, std430) writeonly buffer LogSumExp { float log_sum_exp[]; };
LOADER(q, columns)
LOADER(k, key_columns)
LOADER(v, key_columns)
STORER(y, columns)

HANDS(vec4, own, 1)
HANDS(float, probability, BLOCK)

const float LOWEST = -3.0e38;

void main() {
    uint place = first_block + group_index();
    uint head = gl_WorkGroupID.z;
    uint key_head = key_head_of(head);
    if (place >= block_count) {
        return;
    }
    uvec4 block = blocks[place];
    uint lane = gl_LocalInvocationID.x;
    uint quads = (width + 3) / 4;
    uint own_query = block.x + min(lane, block.y - 1);

    float maximum[BLOCK], total[BLOCK], score[BLOCK];
    vec4 result[BLOCK * LANE_QUADS];
    [[unroll]] for (uint r = 0; r < BLOCK; r++) { maximum[r] = LOWEST; total[r] = 0.0; }
    [[unroll]] for (uint i = 0; i < BLOCK * LANE_QUADS; i++) { result[i] = vec4(0); }

    for (uint tile = 0; tile < block.w; tile += LANES) {
        uint key = tile + lane;
        uint key_row = block.z + min(key, block.w - 1);
        [[unroll]] for (uint r = 0; r < BLOCK; r++) { score[r] = 0.0; }
        for (uint c = 0; c < quads; c++) {
            begin_hands();
            HAND(own, 0) = load_q(own_query, head, c);
            end_hands();
            vec4 other = load_k(key_row, key_head, c);
            [[unroll]] for (uint r = 0; r < BLOCK; r++) { score[r] += dot(HANDED(own, 0, r), other); }
        }
        uint dropped_bits = HAS_DROPOUT ? dropped_by_queries(block, head, tile) : 0;
        begin_hands();
        [[unroll]] for (uint r = 0; r < BLOCK; r++) {
            bool seen = sees(block, r, key);
            float x = seen ? score[r] * scale : LOWEST;
            float new_maximum = max(maximum[r], subgroupMax(x));
            float p = seen ? exp(x - new_maximum) : 0.0;
            float shrink = exp(maximum[r] - new_maximum);
            total[r] = total[r] * shrink + subgroupAdd(p);
            maximum[r] = new_maximum;
            [[unroll]] for (uint i = 0; i < LANE_QUADS; i++) { result[r * LANE_QUADS + i] *= shrink; }
            // Dropout acts on the normalised probabilities, so the sum above is of the undropped ones.
            HAND(probability, r) = HAS_DROPOUT ? p * factor_of(dropped_bits, r) : p;
        }
        end_hands();
        [[unroll]] for (uint j = 0; j < LANES; j++) {
            uint row = block.z + min(tile + j, block.w - 1);
            [[unroll]] for (uint i = 0; i < LANE_QUADS; i++) {
                uint quad = lane + i * LANES;
                vec4 value = quad < quads ? load_v(row, key_head, quad) : vec4(0);
                [[unroll]] for (uint r = 0; r < BLOCK; r++) {
                    result[r * LANE_QUADS + i] += HANDED(probability, r, j) * value;
                }
            }
        }
    }

    [[unroll]] for (uint r = 0; r < BLOCK; r++) {
        if (r < block.y) {
            float inverse = total[r] > 0.0 ? 1.0 / total[r] : 0.0;
            [[unroll]] for (uint i = 0; i < LANE_QUADS; i++) {
                uint quad = lane + i * LANES;
                if (quad < quads) {
                    store_y(block.x + r, head, quad, result[r * LANE_QUADS + i] * inverse);
                }
            }
            if (lane == 0) {
                log_sum_exp[(block.x + r) * heads + head] = total[r] > 0.0 ? maximum[r] + log(total[r]) : 0.0;
            }
        }
    }
}
