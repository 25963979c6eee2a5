namespace VkSparseGrad.Models.Llama;

/// <summary>The canonical Hugging Face names of LLaMA's weights.</summary>
public static class LlamaNames
{
    /// <summary>In front of the trunk's names, with its dot.</summary>
    public const string Prefix = "model.";

    /// <summary>[vocabulary, hidden].</summary>
    public const string Words = "model.embed_tokens.weight";

    /// <summary>[hidden]: the RMSNorm behind the last block.</summary>
    public const string FinalNorm = "model.norm.weight";

    /// <summary>[vocabulary, hidden]; a tied model has none.</summary>
    public const string Output = "lm_head.weight";

    /// <summary>[labels, hidden]: the head of a classifier, on the last token.</summary>
    public const string Classifier = "score.weight";

    /// <summary>A block.</summary>
    /// <param name="index">Counted from 0.</param>
    public static string Block(int index) => $"model.layers.{index}";
}
