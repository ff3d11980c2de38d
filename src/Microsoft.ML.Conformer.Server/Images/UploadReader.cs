using Conformer.Server.Hosting;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Conformer.Server.Images;

/// <summary>Reads the image files out of a request, in memory and within limits.</summary>
internal sealed class UploadReader(Limits limits)
{
    private const int ChunkBytes = 1 << 16;

    /// <summary>Characters of a multipart boundary: as ASP.NET Core's own forms allow, RFC 2046 has 70.</summary>
    private const int MaxBoundaryLength = 128;

    /// <summary>What to say about an image that has more bytes than allowed.</summary>
    public RefusalException TooLarge() => new(
        StatusCodes.Status413PayloadTooLarge, $"It has more than {limits.MaxImageBytes} bytes. Scale it down or compress it more.");

    /// <summary>The images of a request: each part of multipart/form-data that has a file name, or the body itself.</summary>
    /// <exception cref="RefusalException">
    /// 400: there is no image, or the body is malformed; 413: too many images, or too large a request.
    /// </exception>
    public async Task<IReadOnlyList<UploadedImage>> ReadAsync(HttpRequest request)
    {
        try
        {
            // A form has to be told; what else is sent is an image or not, whatever its client calls it.
            var images = MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
                && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
                ? await ReadFormAsync(request, type)
                : await ReadBodyAsync(request);
            request.HttpContext.Features.Get<RequestInProgress>()?.MarkWhole();
            return images;
        }
        // Kestrel's own, such as a body beyond the limit.
        catch (BadHttpRequestException exception)
        {
            throw new RefusalException(
                exception.StatusCode,
                exception.StatusCode == StatusCodes.Status413PayloadTooLarge
                    ? $"The request has more than {limits.MaxRequestBytes} bytes. Send fewer or smaller images."
                    : VisibleText.Reason(exception));
        }
        // The multipart reader's, where a part's header is too long or the body ends within a part.
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            request.HttpContext.RequestAborted.ThrowIfCancellationRequested();
            throw BadRequest($"The body is no well-formed multipart/form-data: {VisibleText.Reason(exception)}");
        }
    }

    private async Task<IReadOnlyList<UploadedImage>> ReadBodyAsync(HttpRequest request)
    {
        var bytes = await ReadFileAsync(request.Body, request.HttpContext.RequestAborted);
        return bytes is { Count: 0 }
            ? throw BadRequest("The body is empty; send an image.")
            : [new UploadedImage(null, bytes)];
    }

    private async Task<IReadOnlyList<UploadedImage>> ReadFormAsync(HttpRequest request, MediaTypeHeaderValue type)
    {
        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary).Value;
        if (string.IsNullOrWhiteSpace(boundary) || boundary.Length > MaxBoundaryLength)
            throw BadRequest($"The content type multipart/form-data names no boundary of 1 to {MaxBoundaryLength} characters.");

        var reader = new MultipartReader(boundary, request.Body);
        var images = new List<UploadedImage>();
        while (await reader.ReadNextSectionAsync(request.HttpContext.RequestAborted) is { } section)
        {
            if (section.AsFileSection() is not { FileName.Length: > 0 } file)
                continue;
            if (images.Count == limits.MaxImages)
            {
                throw new RefusalException(
                    StatusCodes.Status413PayloadTooLarge,
                    $"The request has more than {limits.MaxImages} images. Send the others in further requests.");
            }
            var bytes = await ReadFileAsync(section.Body, request.HttpContext.RequestAborted);
            images.Add(new UploadedImage(Path.GetFileName(file.FileName), bytes));
        }
        return images.Count > 0 ? images : throw BadRequest("No part of the form is a file (has a file name); send at least one image.");
    }

    /// <summary>A stream's bytes, or null where they are more than an image may have.</summary>
    private async Task<ArraySegment<byte>?> ReadFileAsync(Stream stream, CancellationToken cancellation)
    {
        using var bytes = new MemoryStream();
        var chunk = new byte[ChunkBytes];
        while (await stream.ReadAsync(chunk, cancellation) is > 0 and var count)
        {
            if (bytes.Length + count > limits.MaxImageBytes)
                return null;
            bytes.Write(chunk, 0, count);
        }
        return new ArraySegment<byte>(bytes.GetBuffer(), 0, (int)bytes.Length); // no copy: an upload's memory counts
    }

    private static RefusalException BadRequest(string reason) => new(StatusCodes.Status400BadRequest, reason);
}
