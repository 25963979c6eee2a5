using System.Text.Json;
using VkSparseGrad.Models;

namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>Reads a Hugging Face <c>config.json</c> of a BERT or RoBERTa.</summary>
public static class BertConfigFile
{
    /// <summary>The file's name in a model folder.</summary>
    public const string FileName = ConfigFile.FileName;

    private const int MostLayers = 10_000;

    /// <summary>Reads the configuration of a model folder.</summary>
    /// <param name="folder">The folder that holds <c>config.json</c>.</param>
    /// <param name="labels">
    /// The number of classifier outputs; null takes the file's <c>num_labels</c>, else the count of <c>id2label</c>, else 2.
    /// </param>
    /// <exception cref="ModelFolderException">
    /// The file is missing or not JSON, describes another kind of model, or holds a value that is out of bounds.
    /// </exception>
    public static BertConfig Read(string folder, int? labels = null)
    {
        using JsonDocument document = ConfigFile.Open(folder, out ConfigFields fields);
        BertFamily family = fields.OneOf("model_type", "bert", "roberta") == "roberta" ? BertFamily.Roberta : BertFamily.Bert;
        fields.RequireText("hidden_act", "gelu");
        fields.RequireText("position_embedding_type", "absolute");
        fields.RequireFalse("is_decoder");

        float hiddenDropout = fields.Probability("hidden_dropout_prob", 0.1f);
        var config = new BertConfig
        {
            Family = family,
            VocabularySize = fields.Positive("vocab_size"),
            HiddenSize = fields.Positive("hidden_size"),
            Layers = fields.Positive("num_hidden_layers", most: MostLayers),
            Heads = fields.Positive("num_attention_heads"),
            IntermediateSize = fields.Positive("intermediate_size"),
            MaxPositions = fields.Positive("max_position_embeddings"),
            FirstPosition = family == BertFamily.Roberta ? fields.NonNegative("pad_token_id", most: int.MaxValue - 1, absent: 1) + 1 : 0,
            TokenTypes = fields.Positive("type_vocab_size", absent: 2),
            LayerNormEpsilon = fields.PositiveFloat("layer_norm_eps", 1e-12f),
            HiddenDropout = hiddenDropout,
            AttentionDropout = fields.Probability("attention_probs_dropout_prob", 0.1f),
            ClassifierDropout = fields.Probability("classifier_dropout", hiddenDropout),
            Labels = labels ?? ConfigFile.Labels(fields),
        };
        if (config.HiddenSize % config.Heads != 0)
            throw fields.Error($"hidden_size {config.HiddenSize} is not a multiple of num_attention_heads {config.Heads}");
        if (config.LongestSequence < 1)
            throw fields.Error($"max_position_embeddings {config.MaxPositions} leaves no position behind that of pad_token_id {config.FirstPosition - 1}");
        return config;
    }
}
