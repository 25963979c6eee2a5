using System.Buffers.Binary;
using System.Text;

namespace VkSparseGrad.Tests.Text;

/// <summary>Writes SentencePiece's messages as protocol buffers do.</summary>
internal static class ProtoWriter
{
    public static byte[] Model(IEnumerable<VocS.Piece> pieces, byte[] training, byte[] normalizer) =>
        [.. pieces.SelectMany(piece => Bytes(1, Piece(piece))), .. Bytes(2, training), .. Bytes(3, normalizer)];

    public static byte[] Piece(VocS.Piece piece) =>
        [.. Bytes(1, Encoding.UTF8.GetBytes(piece.Text)), .. Float(2, piece.Score), .. Number(3, piece.Type)];

    public static byte[] Training(int type = 2, int byteFallback = 1, int marksBehind = 0) =>
        [.. Bytes(1, "text.txt"u8), .. Number(3, type), .. Number(24, marksBehind), .. Number(35, byteFallback), .. Number(40, 0)];

    public static byte[] Normalizer(int prefix = 1, int removesExtraSpaces = 0, int marks = 1) =>
        [.. Bytes(1, "identity"u8), .. Number(3, prefix), .. Number(4, removesExtraSpaces), .. Number(5, marks)];

    public static byte[] Bytes(int field, ReadOnlySpan<byte> content) => [.. Varint((field << 3) | 2), .. Varint(content.Length), .. content];

    public static byte[] Number(int field, long value) => [.. Varint(field << 3), .. Varint(value)];

    public static byte[] Float(int field, float value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        return [.. Varint((field << 3) | 5), .. bytes];
    }

    public static byte[] Varint(long value)
    {
        var bytes = new List<byte>();
        for (ulong rest = (ulong)value; bytes.Count == 0 || rest > 0; rest >>= 7)
            bytes.Add((byte)((rest & 127) | (rest > 127 ? 128u : 0)));
        return [.. bytes];
    }
}
