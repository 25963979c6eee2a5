using VkSparseGrad.Models.Llama;

namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>The list of a LLaMA's parameters.</summary>
public static class LlamaParameters
{
    /// <summary>Names and shapes of all parameters, from the embeddings to the output.</summary>
    /// <param name="config">The dimensions.</param>
    /// <param name="labels">Null for a language model, whose output layer is listed unless it is tied to the embeddings; else the
    /// number of outputs of a classifier.</param>
    public static IEnumerable<LlamaParameter> Of(LlamaConfig config, int? labels = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        long hidden = config.HiddenSize;
        yield return new(LlamaNames.Words, [config.VocabularySize, hidden]);
        for (int layer = 0; layer < config.Layers; layer++)
        {
            foreach (LlamaParameter parameter in Block(LlamaNames.Block(layer), config))
                yield return parameter;
        }

        yield return new(LlamaNames.FinalNorm, [hidden]);
        if (labels is { } outputs)
            yield return new(LlamaNames.Classifier, [outputs, hidden]);
        else if (!config.TiesEmbeddings)
            yield return new(LlamaNames.Output, [config.VocabularySize, hidden]);
    }

    private static IEnumerable<LlamaParameter> Block(string name, LlamaConfig config)
    {
        long hidden = config.HiddenSize;
        long queries = (long)config.Heads * config.HeadWidth;
        long keys = (long)config.KeyValueHeads * config.HeadWidth;
        long inner = config.IntermediateSize;
        return
        [
            new($"{name}.input_layernorm.weight", [hidden]),
            .. Linear($"{name}.self_attn.q_proj", queries, hidden, config.HasAttentionBias),
            .. Linear($"{name}.self_attn.k_proj", keys, hidden, config.HasAttentionBias),
            .. Linear($"{name}.self_attn.v_proj", keys, hidden, config.HasAttentionBias),
            .. Linear($"{name}.self_attn.o_proj", hidden, queries, config.HasAttentionBias),
            new($"{name}.post_attention_layernorm.weight", [hidden]),
            .. Linear($"{name}.mlp.gate_proj", inner, hidden, config.HasMlpBias),
            .. Linear($"{name}.mlp.up_proj", inner, hidden, config.HasMlpBias),
            .. Linear($"{name}.mlp.down_proj", hidden, inner, config.HasMlpBias),
        ];
    }

    private static LlamaParameter[] Linear(string name, long outputs, long inputs, bool hasBias)
    {
        LlamaParameter weight = new($"{name}.weight", [outputs, inputs]);
        return hasBias ? [weight, new($"{name}.bias", [outputs])] : [weight];
    }
}
