using VkSparseGrad.ModelLoaders.Tokenizers;
using VkSparseGrad.Models.Llama;

namespace VkSparseGrad.ModelLoaders.Datasets.Language;

/// <summary>Reads plain text for a language model. Each document is a text of its own, of which every token is learned.</summary>
public static class PlainTextDataset
{
    /// <summary>The line that parts documents in TinyStories and in what was made for GPT-2.</summary>
    public const string EndOfText = "<|endoftext|>";

    /// <summary>Reads a file, or a folder with <c>train.txt</c> and perhaps <c>validation.txt</c>, or with a single <c>.txt</c>.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="encoder">Makes the token ids.</param>
    /// <param name="options">Blocks and validation.</param>
    /// <param name="separator">The line that parts documents; the empty one is a blank line, null makes each file one document. A
    /// blank line is not the default, as it mostly parts paragraphs, and attention would not reach from one to the next.</param>
    /// <remarks>A single document is parted at a line for validation: its end is the validation part.</remarks>
    /// <exception cref="DatasetException">A file is missing, is not text in UTF-8, or holds none.</exception>
    public static LanguageDataset Load(string path, ITextEncoder encoder, LanguageOptions options, string? separator = EndOfText)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(options);

        var files = DataFiles.Find(path, ".txt");
        IReadOnlyList<string> training = Documents(files.Training, separator);
        IReadOnlyList<string> validation = [];
        if (files.Validation is { } file)
            validation = Documents(file, separator);
        else if (training.Count == 1 && options.ValidationShare > 0)
            (training, validation) = SplitDocument(training[0], options.ValidationShare);
        else
            (training, validation) = Holdout.Split(training, options.ValidationShare, options.Seed);

        return new LanguageDataset(
            Part(training, encoder, options),
            Part(validation, encoder, options),
            files.Paths,
            []);
    }

    private static List<string> Documents(string path, string? separator)
    {
        var documents = PlainTextReader.Read(path, separator).ToList();
        return documents.Count > 0 ? documents : throw new DatasetException($"'{path}' holds no text.");
    }

    private static (IReadOnlyList<string> Training, IReadOnlyList<string> Validation) SplitDocument(string document, double share)
    {
        // The last line end at which at least the share is left.
        var end = document.LastIndexOf('\n', Math.Max(0, (int)(document.Length * (1 - share)) - 1));
        return end < 0 ? ([document], []) : ([document[..end]], [document[(end + 1)..].TrimStart('\n')]);
    }

    private static LanguagePart Part(IReadOnlyList<string> documents, ITextEncoder encoder, LanguageOptions options)
    {
        var texts = documents.Select(document => LearnedText.Whole(encoder.EncodeText(document, addBegin: true, addEnd: true)));
        return new LanguagePart(TextPacker.Pack(texts, options.BlockSize), [(documents.Count, "documents")]);
    }
}
