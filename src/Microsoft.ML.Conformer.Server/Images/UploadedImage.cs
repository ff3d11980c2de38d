namespace Conformer.Server.Images;

/// <summary>An image file as a client sent it.</summary>
/// <param name="FileName">Its name; null where the request is the image.</param>
/// <param name="Bytes">Its contents; null where it has more bytes than allowed.</param>
internal sealed record UploadedImage(string? FileName, ArraySegment<byte>? Bytes);
