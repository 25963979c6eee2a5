namespace VkSparseGrad.Models;

/// <summary>The encoders that share BERT's blocks.</summary>
public enum BertFamily
{
    /// <summary>BERT. Devlin et al., arXiv:1810.04805.</summary>
    Bert,

    /// <summary>RoBERTa: other positions, another head. Liu et al., arXiv:1907.11692.</summary>
    Roberta,
}

/// <summary>The canonical Hugging Face names in which the families differ.</summary>
/// <param name="Model">The model's own name.</param>
/// <param name="Prefix">In front of the trunk's names, with its dot.</param>
/// <param name="HeadDense">The head's first layer, on the first token.</param>
/// <param name="Classifier">The layer that gives the logits.</param>
public sealed record BertNames(string Model, string Prefix, string HeadDense, string Classifier)
{
    private static readonly BertNames Bert = new("BERT", "bert.", "bert.pooler.dense", "classifier");
    private static readonly BertNames Roberta = new("RoBERTa", "roberta.", "classifier.dense", "classifier.out_proj");

    /// <summary>The names of a family.</summary>
    public static BertNames Of(BertFamily family) => family == BertFamily.Roberta ? Roberta : Bert;

    /// <summary>A block of the encoder.</summary>
    /// <param name="index">Counted from 0.</param>
    public string Block(int index) => $"{Prefix}encoder.layer.{index}";
}
