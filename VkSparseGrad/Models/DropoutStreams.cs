using VkSparseGrad.Layers;

namespace VkSparseGrad.Models;

/// <summary>The numbers that keep the dropout masks of a model apart.</summary>
internal static class DropoutStreams
{
    /// <summary>On the embeddings.</summary>
    public const uint Embeddings = 0;

    /// <summary>In front of the classifier.</summary>
    public const uint Classifier = 1;

    /// <summary>In front of RoBERTa's head.</summary>
    public const uint Head = 0x3FFF_FFFF;

    /// <summary>On the input of a layer's LoRA product. Far above those of the blocks.</summary>
    public static uint OfLora(int block, LayerKind kind) => 0x4000_0000 + 16 * (uint)block + (uint)kind;

    /// <summary>The first of a block's three.</summary>
    public static uint OfBlock(int index) => 2 + 3 * (uint)index;
}
