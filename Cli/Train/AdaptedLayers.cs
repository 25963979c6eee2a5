using VkSparseGrad.Layers;
using VkSparseGrad.Models.Llama;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Train;

/// <summary>What of a LLaMA a run adapts.</summary>
internal static class AdaptedLayers
{
    /// <summary>How the model is loaded: where the rest is frozen, its 16-bit weights stay so.</summary>
    /// <param name="training">The run.</param>
    /// <param name="blocks">Indices of the blocks whose MLP is adapted; null for all.</param>
    /// <param name="gate">Whether <c>gate_proj</c> is adapted as well.</param>
    public static LlamaOptions Of(TrainingOptions training, IReadOnlyList<int>? blocks = null, bool gate = false) => new()
    {
        Blocks = blocks,
        AdaptsGate = gate,
        KeepsHalves = training.Scope == TrainingScope.Mlp,
        ChangesWeights = training.Method != TrainingMethod.Lora,
    };

    /// <summary>The run with <c>gate_proj</c> among what it adapts; LoRA names its layers itself.</summary>
    /// <exception cref="ArgumentException">LoRA's layers were chosen, and it is not among them.</exception>
    public static TrainingOptions WithGate(TrainingOptions training)
    {
        LoraOptions lora = training.Lora;
        if (training.Method != TrainingMethod.Lora || lora.Targets.Contains(LayerKind.Gate))
            return training;
        return lora.Targets.SequenceEqual(new LoraOptions().Targets)
            ? training with { Lora = lora with { Targets = [.. lora.Targets, LayerKind.Gate] } }
            : throw new ArgumentException("--gate is not among --lora-targets; add gate to them, or leave out --gate.");
    }
}
