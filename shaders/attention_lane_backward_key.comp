#version 450
// As attention_backward_key.comp, for devices that compute in a CPU's vector registers: a lane has one key with its gradients, and
// is handed queries, of which each is loaded once for the block.
#include "attention.glsl"
layout(constant_id = 4) const uint QUADS = 8; // of a head
INPUT(1, q)
INPUT(2, k)
INPUT(3, v)
INPUT(4, dy)
layout(set = 0, binding = 5, std430) readonly buffer LogSumExp { float log_sum_exp[]; };
layout(set = 0, binding = 6, std430) readonly buffer Delta { float delta[]; };
// See attention_backward_key.comp.
layout(set = 0, binding = 7, std430) readonly buffer Places { uvec2 key_places[]; };
OUTPUT(8, dk)
OUTPUT(9, dv)
LOADER(q, columns)
LOADER(k, key_columns)
LOADER(v, key_columns)
LOADER(dy, columns)
RELOADER(dk, key_columns)
RELOADER(dv, key_columns)
STORER(dk, key_columns)
STORER(dv, key_columns)

HANDS(vec4, queries, QUADS)
HANDS(vec4, slopes, QUADS)
HANDS(float, log_sum, 1)
HANDS(float, query_delta, 1)
HANDS(uint, drawn, 1)

// Which of four neighbouring queries drop their probability of this lane's key, as bits. One draw is for one query and four
// neighbouring keys, so four lanes draw for one of the queries each and hand round what the others need; by constant lanes,
// which those devices do in one instruction.
uint dropped_of_queries(uint first_query, uint last_query, uint head, uint key_place) {
    uint lane = gl_LocalInvocationID.x, bits = 0;
    begin_hands();
    HAND(drawn, 0) = dropped_keys(min(first_query + lane % 4, last_query), head, key_place / 4);
    end_hands();
    [[unroll]] for (uint i = 0; i < 4; i++) {
        uint of_keys = HANDED(drawn, 0, i);
        [[unroll]] for (uint l = 4; l < LANES; l += 4) {
            uint others = HANDED(drawn, 0, l + i);
            of_keys = lane < l ? of_keys : others;
        }
        bits |= (of_keys >> lane % 4 & 1) << i;
    }
    return bits;
}

void main() {
    uint place = first_block + group_index();
    uint key_head = gl_WorkGroupID.z;
    if (place >= block_count) {
        return;
    }
    uvec4 block = blocks[place];
    uint lane = gl_LocalInvocationID.x;
    uint key = block.z + min(lane, block.w - 1);
    uvec2 key_place = key_places[place];

    vec4 own_k[QUADS], own_v[QUADS], key_result[QUADS], value_result[QUADS];
    [[unroll]] for (uint c = 0; c < QUADS; c++) {
        own_k[c] = load_k(key, key_head, c);
        own_v[c] = load_v(key, key_head, c);
        key_result[c] = vec4(0);
        value_result[c] = vec4(0);
    }

    for (uint member = 0; member < members; member++) {
        uint head = key_head * group + first_member + member;
        for (uint tile = 0; tile < block.y; tile += LANES) {
            uint query_row = block.x + min(tile + lane, block.y - 1);
            begin_hands();
            [[unroll]] for (uint c = 0; c < QUADS; c++) {
                HAND(queries, c) = load_q(query_row, head, c);
                HAND(slopes, c) = load_dy(query_row, head, c);
            }
            HAND(log_sum, 0) = log_sum_exp[query_row * heads + head];
            HAND(query_delta, 0) = delta[query_row * heads + head];
            end_hands();
            float score[LANES], slope[LANES];
            [[unroll]] for (uint j = 0; j < LANES; j++) { score[j] = 0.0; slope[j] = 0.0; }
            [[unroll]] for (uint c = 0; c < QUADS; c++) {
                [[unroll]] for (uint j = 0; j < LANES; j++) {
                    score[j] += dot(own_k[c], HANDED(queries, c, j));
                    slope[j] += dot(own_v[c], HANDED(slopes, c, j));
                }
            }
            [[unroll]] for (uint j = 0; j < LANES; j += 4) {
                uint dropped_bits = HAS_DROPOUT
                    ? dropped_of_queries(block.x + tile + j, block.x + block.y - 1, head, key_place.x + lane) : 0;
                [[unroll]] for (uint i = 0; i < 4; i++) {
                    // Not within the choice: a lane that does not see the query must take part, for others may read from it.
                    float of_query = HANDED(log_sum, 0, j + i);
                    float delta_of_query = HANDED(query_delta, 0, j + i);
                    bool seen = tile + j + i < block.y && lane <= tile + j + i + key_place.y;
                    float p = seen ? exp(score[j + i] * scale - of_query) : 0.0;
                    float factor = HAS_DROPOUT ? factor_of(dropped_bits, i) : 1.0;
                    slope[j + i] = p * (factor * slope[j + i] - delta_of_query) * scale;
                    score[j + i] = p * factor;
                }
            }
            [[unroll]] for (uint c = 0; c < QUADS; c++) {
                [[unroll]] for (uint j = 0; j < LANES; j++) {
                    key_result[c] += slope[j] * HANDED(queries, c, j);
                    value_result[c] += score[j] * HANDED(slopes, c, j);
                }
            }
        }
    }

    if (lane < block.w) {
        bool adds = first_member > 0;
        [[unroll]] for (uint c = 0; c < QUADS; c++) {
            vec4 earlier_dk = adds ? load_dk(key, key_head, c) : vec4(0);
            vec4 earlier_dv = adds ? load_dv(key, key_head, c) : vec4(0);
            store_dk(key, key_head, c, earlier_dk + key_result[c]);
            store_dv(key, key_head, c, earlier_dv + value_result[c]);
        }
    }
}
