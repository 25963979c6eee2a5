using System.Globalization;
using System.Text;
using Google.Protobuf;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>Reads a <c>tokenizer.model</c>: the message <c>ModelProto</c> of SentencePiece's <c>sentencepiece_model.proto</c>, as
/// protocol buffers write it. The numbers below are that file's.</summary>
internal sealed class SentencePieceFile
{
    private const int BytePairEncoding = 2;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly string[] ModelTypes = ["of no type", "unigram", "byte pair encoding", "word", "character"];

    private readonly string _path;
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _bytes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Merge> _pieces = new(StringComparer.Ordinal);
    private readonly List<SpecialToken> _specials = [];

    // The message's own defaults.
    private int _modelType = 1;
    private bool _hasByteFallback, _hasUnknown, _marksBehind;
    private bool _addsPrefix = true, _removesExtraSpaces = true, _marksSpaces = true, _isIdentity = true;

    private SentencePieceFile(string path) => _path = path;

    private enum PieceType
    {
        Normal = 1,
        Unknown = 2,
        Control = 3,
        UserDefined = 4,
        Unused = 5,
        Byte = 6,
    }

    /// <param name="path">The file, of at most 16 MiB.</param>
    /// <param name="options">What the configuration says of spaces in front of text.</param>
    /// <exception cref="ModelFolderException">The file is not one, or has a part that is not supported.</exception>
    /// <exception cref="InvalidDataException">The file is too large.</exception>
    public static LlamaVocabulary Read(string path, LlamaTokenizerOptions options)
    {
        var file = new SentencePieceFile(path);
        var input = new CodedInputStream(TokenizerFile.Read(path));
        try
        {
            file.ReadModel(input);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new ModelFolderException(path, $"this is not a SentencePiece model, or one that is cut off (byte {input.Position}); download it again", e);
        }

        return file.Vocabulary(options);
    }

    private LlamaVocabulary Vocabulary(LlamaTokenizerOptions options)
    {
        RequireSupported();
        var bytes = LlamaVocabulary.FindBytes(_path, _bytes);
        var prefix = !options.AddsPrefix || !_addsPrefix ? PrefixRule.Never
            : options.IsLegacy ? PrefixRule.Every
            : PrefixRule.WhereMissingAtStart;
        return new LlamaVocabulary(_ids, bytes, new ScoredPieces(_pieces), new SpaceMarks(prefix, _removesExtraSpaces), _specials);
    }

    private void RequireSupported()
    {
        if (_ids.Count == 0)
            throw Error("the file has no pieces; download it again");
        if (_modelType != BytePairEncoding)
        {
            var kind = (uint)_modelType < (uint)ModelTypes.Length ? ModelTypes[_modelType] : _modelType.ToString(CultureInfo.InvariantCulture);
            throw Error($"the model is {kind}, only byte pair encoding is supported, which LLaMA has");
        }

        if (!_hasUnknown)
            throw Error("no piece is of the type unknown, as '<unk>' is; download it again");
        if (!_hasByteFallback)
            throw Error("byte_fallback is off, and characters without a piece would be lost; no LLaMA has that");
        if (_pieces.Count == 0)
            throw Error("no piece is text; download it again");
        if (!_isIdentity)
            throw Error("the normaliser changes characters, which is not supported; no LLaMA has that");
        if (!_marksSpaces || _marksBehind)
            throw Error("spaces are not written as '▁' in front of words, which is not supported; no LLaMA has that");
    }

    private void ReadModel(CodedInputStream input)
    {
        while (input.ReadTag() is var tag and not 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1:
                    ReadPiece(Message(input, tag));
                    break;
                case 2:
                    ReadTraining(Message(input, tag));
                    break;
                case 3:
                    ReadNormalizer(Message(input, tag));
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }
    }

    private void ReadPiece(CodedInputStream input)
    {
        var (text, score, type) = ("", 0f, PieceType.Normal);
        while (input.ReadTag() is var tag and not 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1:
                    text = Text(Bytes(input, tag));
                    break;
                case 2:
                    RequireWire(tag, WireFormat.WireType.Fixed32);
                    score = input.ReadFloat();
                    break;
                case 3:
                    type = (PieceType)Number(input, tag);
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }

        AddPiece(text, score, type);
    }

    private void AddPiece(string text, float score, PieceType type)
    {
        var id = _ids.Count;
        if (text.Length == 0)
            throw Error($"piece {id} is empty; download it again");
        if (!float.IsFinite(score))
            throw Error($"the score of piece {id}, {Printable.Quote(text)}, is not a number; download it again");
        if (!_ids.TryAdd(text, id))
            throw Error($"the pieces {_ids[text]} and {id} are both {Printable.Quote(text)}; download it again");
        switch (type)
        {
            case PieceType.Normal:
                _pieces.Add(text, new Merge(id, -score));
                break;
            case PieceType.Byte:
                _bytes.Add(text, id);
                break;
            case PieceType.Unknown or PieceType.Control or PieceType.UserDefined:
                _hasUnknown |= type == PieceType.Unknown;
                _specials.Add(new SpecialToken(text, id, IsPrinted: type == PieceType.UserDefined));
                break;
            default:
                throw Error($"piece {id}, {Printable.Quote(text)}, is of type {(int)type}, which is not supported; no LLaMA has it");
        }
    }

    private void ReadTraining(CodedInputStream input)
    {
        while (input.ReadTag() is var tag and not 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 3:
                    _modelType = Number(input, tag);
                    break;
                case 24:
                    _marksBehind = Number(input, tag) != 0;
                    break;
                case 35:
                    _hasByteFallback = Number(input, tag) != 0;
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }
    }

    private void ReadNormalizer(CodedInputStream input)
    {
        while (input.ReadTag() is var tag and not 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 2:
                    _isIdentity = Bytes(input, tag).IsEmpty;
                    break;
                case 3:
                    _addsPrefix = Number(input, tag) != 0;
                    break;
                case 4:
                    _removesExtraSpaces = Number(input, tag) != 0;
                    break;
                case 5:
                    _marksSpaces = Number(input, tag) != 0;
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }
    }

    private CodedInputStream Message(CodedInputStream input, uint tag) => Bytes(input, tag).CreateCodedInput();

    private ByteString Bytes(CodedInputStream input, uint tag)
    {
        RequireWire(tag, WireFormat.WireType.LengthDelimited);
        return input.ReadBytes();
    }

    private int Number(CodedInputStream input, uint tag)
    {
        RequireWire(tag, WireFormat.WireType.Varint);
        return input.ReadInt32();
    }

    private void RequireWire(uint tag, WireFormat.WireType type)
    {
        if (WireFormat.GetTagWireType(tag) != type)
            throw Error($"field {WireFormat.GetTagFieldNumber(tag)} is of wire type {(int)WireFormat.GetTagWireType(tag)}, expected {(int)type}: this is not a SentencePiece model; download it again");
    }

    private string Text(ByteString bytes)
    {
        try
        {
            return StrictUtf8.GetString(bytes.Span);
        }
        catch (DecoderFallbackException e)
        {
            throw new ModelFolderException(_path, $"piece {_ids.Count} is not valid UTF-8; download it again", e);
        }
    }

    private ModelFolderException Error(string problem) => new(_path, problem);
}
