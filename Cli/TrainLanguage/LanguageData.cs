using VkSparseGrad.ModelLoaders.Datasets.Chat;
using VkSparseGrad.ModelLoaders.Datasets.Language;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Tokenizers;
using VkSparseGrad.Models.Llama;

namespace VkSparseGrad.Cli.TrainLanguage;

/// <summary>Reads and tokenizes what a language model learns from.</summary>
internal static class LanguageData
{
    /// <summary>A model's tokenizer. Names of special tokens within texts are plain text: a text could otherwise end itself.</summary>
    /// <exception cref="ModelFolderException">A file is missing or not what it should be, or has more tokens than the model.</exception>
    public static LlamaTokenizer Tokenizer(string model, LlamaConfig config)
    {
        LlamaTokenizer tokenizer = LlamaTokenizer.Load(model, matchSpecialTokensInText: false);
        tokenizer.RequireFits(model, config.VocabularySize);
        return tokenizer;
    }

    /// <summary>The blocks of both parts.</summary>
    public static LanguageDataset Load(LanguageSettings settings, LlamaConfig config)
    {
        int blockSize = settings.BlockSize!.Value;
        if (blockSize > config.MaxPositions)
            throw new ArgumentException($"--block-size is {blockSize}, but the model has {config.MaxPositions} positions; give at most that.");
        LlamaTokenizer tokenizer = Tokenizer(settings.Model, config);
        var options = new LanguageOptions
        {
            BlockSize = blockSize, ValidationShare = settings.ValidationShare, Seed = settings.Training.Seed, Strict = settings.StrictData,
        };
        return settings.IsChat
            ? ChatDataset.Load(settings.Data, tokenizer, options, settings.Chat)
            : PlainTextDataset.Load(settings.Data, tokenizer, options, settings.Separator);
    }
}
