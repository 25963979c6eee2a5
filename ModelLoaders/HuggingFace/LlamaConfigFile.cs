using System.Text.Json;
using VkSparseGrad.Models.Llama;

namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>Reads a Hugging Face <c>config.json</c> of LLaMA's architecture. Absent keys have the values of its <c>LlamaConfig</c>.</summary>
public static class LlamaConfigFile
{
    /// <summary>The file's name in a model folder.</summary>
    public const string FileName = ConfigFile.FileName;

    private const int MostLayers = 10_000;

    /// <summary>Whether a folder's <c>config.json</c> says that it is a LLaMA; not where there is none.</summary>
    /// <exception cref="ModelFolderException">The file is not a JSON object.</exception>
    public static bool IsIn(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return false;
        using JsonDocument document = JsonFile.ReadObject(path);
        return document.RootElement.TryGetProperty("model_type", out JsonElement type) && type.ValueKind == JsonValueKind.String && type.ValueEquals("llama");
    }

    /// <summary>Reads the configuration of a model folder.</summary>
    /// <param name="folder">The folder that holds <c>config.json</c>.</param>
    /// <exception cref="ModelFolderException">
    /// The file is missing or not JSON, describes another kind of model, or holds a value that is out of bounds or asks for what is
    /// not supported.
    /// </exception>
    public static LlamaConfig Read(string folder)
    {
        using JsonDocument document = ConfigFile.Open(folder, out ConfigFields fields);
        RequireLlama(fields);
        int hidden = fields.Positive("hidden_size");
        int heads = fields.Positive("num_attention_heads");
        int vocabulary = fields.Positive("vocab_size");
        var config = new LlamaConfig
        {
            VocabularySize = vocabulary,
            HiddenSize = hidden,
            Layers = fields.Positive("num_hidden_layers", most: MostLayers),
            Heads = heads,
            KeyValueHeads = fields.Positive("num_key_value_heads", absent: heads),
            HeadWidth = HeadWidth(fields, hidden, heads),
            IntermediateSize = fields.Positive("intermediate_size"),
            MaxPositions = fields.Positive("max_position_embeddings", absent: 2048),
            RmsNormEpsilon = fields.PositiveFloat("rms_norm_eps", 1e-6f),
            RotaryBase = RotaryFields.Base(fields),
            RotaryScaling = RotaryFields.Scaling(fields),
            TiesEmbeddings = fields.Flag("tie_word_embeddings", absent: false),
            HasAttentionBias = fields.Flag("attention_bias", absent: false),
            HasMlpBias = fields.Flag("mlp_bias", absent: false),
            BeginTokenId = fields.TokenId("bos_token_id", vocabulary, absent: 1),
            EndTokenIds = fields.TokenIds("eos_token_id", vocabulary, absent: 2),
            PaddingTokenId = fields.TokenId("pad_token_id", vocabulary),
        };
        if (config.Heads % config.KeyValueHeads != 0)
            throw fields.Error($"num_attention_heads {config.Heads} is not a multiple of num_key_value_heads {config.KeyValueHeads}");
        return config;
    }

    /// <summary>
    /// The number of outputs of the folder's classifier: <c>num_labels</c>, else the count of <c>id2label</c>, else 2.
    /// </summary>
    /// <param name="folder">The folder that holds <c>config.json</c>.</param>
    /// <exception cref="ModelFolderException">The file is missing or not JSON, or the number is out of bounds.</exception>
    public static int ReadLabels(string folder)
    {
        using JsonDocument document = ConfigFile.Open(folder, out ConfigFields fields);
        return ConfigFile.Labels(fields);
    }

    /// <summary>Refuses models that would be computed otherwise than their configuration says.</summary>
    private static void RequireLlama(ConfigFields fields)
    {
        if (fields.Text("model_type") is not "llama" and var other)
            throw fields.Error($"model_type is {Safetensors.Printable.Quote(other)}; only \"llama\" is supported here");
        fields.RequireText("hidden_act", "silu");
        fields.RequireZero("attention_dropout");
        fields.RequireNone("quantization_config");
    }

    private static int HeadWidth(ConfigFields fields, int hidden, int heads)
    {
        if (fields.IsAbsent("head_dim") && hidden % heads != 0)
            throw fields.Error($"hidden_size {hidden} is not a multiple of num_attention_heads {heads}, and there is no head_dim");
        int width = fields.Positive("head_dim", absent: hidden / heads);
        if (width % 2 != 0)
            throw fields.Error($"heads are {width} wide; the rotary embedding turns pairs, so the width must be even");
        if ((long)width * heads > int.MaxValue)
            throw fields.Error($"num_attention_heads {heads} of width {width} are more than {int.MaxValue} columns");
        return width;
    }
}
